// How large an image is, by its header. Time grows with the number of its segments or boxes alone: image-size, which does the
// rest, needs minutes for a hostile AVIF of 2 MB (it searches from the start for every box) and half a second for a JPEG.
import { imageSize } from "image-size";

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Undefined where the header cannot be read. */
export function measureImage(type: string, content: Buffer): ImageSize | undefined {
  try {
    if (type === "image/jpeg") return measureJpeg(content);
    if (type === "image/avif") return measureAvif(content);
    const { width, height } = imageSize(content);
    return { width, height };
  } catch {
    return undefined; // it ends before its header does
  }
}

/** Walks from segment to segment to the frame header. @throws RangeError where it is cut off */
function measureJpeg(content: Buffer): ImageSize | undefined {
  for (let at = 2; content[at] === 0xff; ) {
    const marker = content[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // padding
      continue;
    }
    if (isFrame(marker)) return { height: content.readUInt16BE(at + 5), width: content.readUInt16BE(at + 7) };
    at += 2 + content.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15; C4, C8 and CC are tables and extensions. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** The first size that its properties give: meta (with a version) › iprp › ipco › ispe (with a version). */
function measureAvif(content: Buffer): ImageSize | undefined {
  const meta = findBox(content, "meta");
  const properties = meta && findBox(meta.subarray(4), "iprp");
  const shared = properties && findBox(properties, "ipco");
  const size = shared && findBox(shared, "ispe");
  return size && { width: size.readUInt32BE(4), height: size.readUInt32BE(8) };
}

/** What is in the first box of a type. Boxes of 4 GB and more, which have another header, are larger than any upload. */
function findBox(content: Buffer, type: string): Buffer | undefined {
  for (let at = 0; at + 8 <= content.length; ) {
    const length = content.readUInt32BE(at);
    const end = length === 0 ? content.length : at + length;
    if (length !== 0 && length < 8) return undefined;
    if (content.toString("latin1", at + 4, at + 8) === type) return content.subarray(at + 8, end);
    at = end;
  }
  return undefined;
}
