// What reading an image returns, and the errors it refuses with.
import { catalogError } from "../errors.ts";

/** A picture with the settings that change how it looks, and nothing else. */
export interface CleanImage {
  /** Pixels as they are shown: after the orientation that the file asks for. */
  readonly width: number;
  readonly height: number;
  readonly content: Buffer;
  /** Where the picture ends in the upload; bytes behind it do not belong to it. */
  readonly end: number;
}

export function brokenImage(reason: string) {
  return catalogError("image_broken", { fields: [{ field: "body", reason }] });
}

export function cutOffImage() {
  return brokenImage("ends before the image does");
}
