// Checks an uploaded image by its content: its type, its size, whether it arrived complete and with nothing else; keeps only
// what is drawn. The type that the client states is ignored. The image is not decoded: hostile images do their harm in
// decoders, and browsers have their own.
import { fileTypeFromBuffer } from "file-type";
import { ownOf } from "../../../values/own-of.ts";
import { catalogError } from "../errors.ts";
import { cleanAvif } from "./clean-avif.ts";
import { cleanGif } from "./clean-gif.ts";
import { cleanJpeg } from "./clean-jpeg.ts";
import { cleanPng } from "./clean-png.ts";
import { cleanWebp } from "./clean-webp.ts";
import { brokenImage, type CleanImage, cutOffImage } from "./image-faults.ts";

export interface ReadImage {
  readonly type: string;
  /** Pixels as they are shown: after the orientation that the file asks for. */
  readonly width: number;
  readonly height: number;
  /** The image without notes of cameras and editors: places, owners, comments, previews. */
  readonly content: Buffer;
}

const SIDE_MAX = 12_000;
/** How each type is read. SVG is not accepted: it is a document that may carry programs. */
const KINDS: Readonly<Record<string, (content: Buffer) => CleanImage>> = {
  "image/jpeg": cleanJpeg,
  "image/png": cleanPng,
  "image/gif": cleanGif,
  "image/webp": cleanWebp,
  "image/avif": cleanAvif,
};

/** @throws AppError `invalid/image_type_refused`, `invalid/image_broken`, `invalid/image_too_large`, `invalid/image_not_alone` */
export async function readImage(sent: Buffer): Promise<ReadImage> {
  const found = await findType(sent);
  const type = found === "image/apng" ? "image/png" : found;
  const clean = type === undefined ? undefined : ownOf(KINDS, type);
  if (type === undefined || clean === undefined)
    throw catalogError("image_type_refused", {
      fields: [{ field: "body", reason: type === undefined ? "is no image that is known" : `is ${type}` }],
    });
  const { width, height, content, end } = cleanOrCutOff(clean, sent);
  if (!(width > 0 && height > 0)) throw brokenImage("has no width or no height");
  if (width > SIDE_MAX || height > SIDE_MAX)
    throw catalogError("image_too_large", {
      fields: [{ field: "body", reason: `is ${width} × ${height} pixels, more than ${SIDE_MAX} a side` }],
    });
  if (end < sent.length) throw await nameWhatFollows(sent, end);
  return { type, width, height, content };
}

async function findType(content: Buffer): Promise<string | undefined> {
  return (await fileTypeFromBuffer(content).catch(() => undefined))?.mime;
}

function cleanOrCutOff(clean: (content: Buffer) => CleanImage, sent: Buffer): CleanImage {
  try {
    return clean(sent);
  } catch (error) {
    if (error instanceof RangeError) throw cutOffImage(); // the reader ran past the end
    throw error;
  }
}

async function nameWhatFollows(sent: Buffer, end: number) {
  const rest = sent.subarray(end);
  const isBlank = rest.every((byte) => byte === 0);
  const name = isBlank ? "zeros" : ((await findType(rest)) ?? "of no known type");
  const bytes = rest.length === 1 ? "1 byte follows" : `${rest.length} bytes follow`;
  const reason = `ends at byte ${end}, but ${bytes} (${name})`;
  return catalogError("image_not_alone", { fields: [{ field: "body", reason }] });
}
