// What reading an image hands back, and how it says no.
import { catalogError } from "../errors.ts";

/** A picture with what changes how it looks, and nothing else. */
export interface CleanImage {
  /** Pixels as they are shown: after the orientation that the file asks for. */
  readonly width: number;
  readonly height: number;
  readonly content: Buffer;
  /** Where the picture ends in what was sent; what is behind is no part of it. */
  readonly end: number;
}

export function brokenImage(reason: string) {
  return catalogError("image_broken", { fields: [{ field: "body", reason }] });
}

export function cutOffImage() {
  return brokenImage("ends before the image does");
}
