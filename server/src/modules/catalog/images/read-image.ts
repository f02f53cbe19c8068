// Judges an uploaded image by its content: what it is, how large, and whether it arrived whole. What a client says it is
// counts for nothing. It is not decoded: decoders are where hostile images do their harm, and browsers have their own.
import { crc32 } from "node:zlib";
import { fileTypeFromBuffer } from "file-type";
import { ownOf } from "../../../values/own-of.ts";
import { catalogError } from "../errors.ts";
import { measureImage } from "./measure-image.ts";

export interface ReadImage {
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

const SIDE_MAX = 12_000;
/** How each kind shows that it is whole. No SVG: it is a document that may carry programs. */
const WHOLE: Readonly<Record<string, (content: Buffer) => boolean>> = {
  "image/jpeg": isWholeJpeg,
  "image/png": isWholePng,
  "image/gif": (content) => content.at(-1) === 0x3b,
  "image/webp": isWholeWebp,
  "image/avif": isWholeAvif,
};

/** @throws AppError `invalid/image_type_refused`, `invalid/image_broken`, `invalid/image_too_large` */
export async function readImage(content: Buffer): Promise<ReadImage> {
  const found = (await fileTypeFromBuffer(content).catch(() => undefined))?.mime;
  const type = found === "image/apng" ? "image/png" : found;
  const isWhole = type === undefined ? undefined : ownOf(WHOLE, type);
  if (type === undefined || isWhole === undefined)
    throw catalogError("image_type_refused", {
      fields: [{ field: "body", reason: type === undefined ? "is no image that is known" : `is ${type}` }],
    });
  const { width, height } = measureImage(type, content) ?? { width: 0, height: 0 };
  if (!(width > 0 && height > 0)) throw broken("has a header that cannot be read");
  if (width > SIDE_MAX || height > SIDE_MAX)
    throw catalogError("image_too_large", {
      fields: [{ field: "body", reason: `is ${width} × ${height} pixels, more than ${SIDE_MAX} a side` }],
    });
  if (!isWhole(content)) throw broken("is damaged, or did not arrive whole");
  return { type, width, height };
}

function broken(reason: string) {
  return catalogError("image_broken", { fields: [{ field: "body", reason }] });
}

/** Ends with the marker for it; some cameras fill up with zeros behind. */
function isWholeJpeg(content: Buffer): boolean {
  let end = content.length;
  while (end > 2 && content[end - 1] === 0) end -= 1;
  return content[end - 2] === 0xff && content[end - 1] === 0xd9;
}

/** Every chunk has its checksum, the last is IEND and ends the file. */
function isWholePng(content: Buffer): boolean {
  for (let at = 8; at + 12 <= content.length; ) {
    const length = content.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > content.length) return false;
    if (crc32(content.subarray(at + 4, end - 4)) !== content.readUInt32BE(end - 4)) return false;
    if (content.toString("latin1", at + 4, at + 8) === "IEND") return end === content.length;
    at = end;
  }
  return false;
}

function isWholeWebp(content: Buffer): boolean {
  const length = content.readUInt32LE(4) + 8;
  return content.length === length || content.length === length + (length % 2);
}

/** Its boxes fill it exactly. */
function isWholeAvif(content: Buffer): boolean {
  let at = 0;
  while (at + 8 <= content.length) {
    const length = content.readUInt32BE(at);
    if (length === 0) return true; // to the end
    if (length < 8) return false; // longer than 4 GB, which was refused before
    at += length;
  }
  return at === content.length;
}
