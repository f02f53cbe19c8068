// AVIF files are made of boxes: a length, a type and a content, which may be boxes again. Boxes hold numbers of 1 to 8 bytes.
import { brokenImage, cutOffImage } from "./image-faults.ts";

export interface Box {
  readonly type: string;
  readonly at: number;
  readonly end: number;
  readonly body: Buffer;
  /** The box states no length: it reaches to the end of the file. */
  readonly isOpen: boolean;
}

/** @throws AppError `invalid/image_broken` where it does not fit */
export function readBox(content: Buffer, at: number): Box {
  if (at + 8 > content.length) throw cutOffImage();
  const short = content.readUInt32BE(at);
  const head = short === 1 ? 16 : 8;
  const length = short === 1 ? Number(content.readBigUInt64BE(at + 8)) : short;
  const end = length === 0 ? content.length : at + length;
  if (end < at + head) throw brokenImage(`has a part of ${length} bytes at byte ${at}`);
  if (end > content.length) throw cutOffImage();
  const type = content.toString("latin1", at + 4, at + 8);
  return { type, at, end, body: content.subarray(at + head, end), isOpen: length === 0 };
}

export function readBoxes(content: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < content.length; at = boxes.at(-1)?.end ?? content.length)
    boxes.push(readBox(content, at));
  return boxes;
}

export function writeBox(type: string, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0), 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, ...parts]);
}

/** Writes numbers, each in the given number of bytes, the highest byte first. */
export function writeNumbers(bytes: number, numbers: readonly number[]): Buffer {
  const written = Buffer.alloc(bytes * numbers.length);
  numbers.forEach((number, index) => {
    written.writeUIntBE(number, index * bytes, bytes);
  });
  return written;
}

export interface Fields {
  /** Reads the next number, which has zero to eight bytes. */
  number(bytes: number): number;
  text(length: number): string;
  readonly hasMore: () => boolean;
}

/** Reads one field after another. The methods throw RangeError at the end. */
export function readFields(content: Buffer): Fields {
  let at = 0;
  const take = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  return {
    number: (bytes) => {
      const from = take(bytes);
      if (bytes === 0) return 0;
      return bytes === 8 ? Number(content.readBigUInt64BE(from)) : content.readUIntBE(from, bytes);
    },
    text: (length) => content.toString("latin1", take(length), at),
    hasMore: () => at < content.length,
  };
}
