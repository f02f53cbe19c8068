// Walks a GIF from block to block to its end, and keeps its pictures, their timing, how often they repeat, and a color profile.
// Comments, texts and data that programs left in it are dropped.
import { readColorProfile } from "./color-profile.ts";
import { brokenImage, type CleanImage, cutOffImage } from "./image-faults.ts";
import type { Size } from "./orientation.ts";

const END = 0x3b;
const PICTURE = 0x2c;
const EXTENSION = 0x21;
const TIMING = 0xf9;
const OF_PROGRAMS = 0xff;
const TEXT = 0x01;
const NONE = Buffer.alloc(0);

/** @throws AppError `invalid/image_broken`; RangeError where it is cut off */
export function cleanGif(content: Buffer): CleanImage {
  if (!/^GIF8[79]a$/.test(content.toString("latin1", 0, 6))) throw brokenImage("has no header");
  const size = { width: content.readUInt16LE(6), height: content.readUInt16LE(8) };
  let at = 13 + bytesOfColors(content.readUInt8(10));
  const kept = [content.subarray(0, at)];
  let [timing, hasPicture]: [Buffer, boolean] = [NONE, false];
  for (let block = content.readUInt8(at); block !== END; block = content.readUInt8(at)) {
    const next = findEndOfBlock(content, at, size);
    if (block === PICTURE) {
      kept.push(timing, content.subarray(at, next));
      [timing, hasPicture] = [NONE, true];
    } else {
      const label = content.readUInt8(at + 1);
      const parts = readParts(content, at + 2);
      if (label === TIMING) timing = writeTiming(parts);
      if (label === TEXT) timing = NONE; // the timing belonged to the text
      if (label === OF_PROGRAMS) kept.push(cleanProgramsBlock(parts));
    }
    at = next;
  }
  if (!hasPicture) throw brokenImage("has no picture in it");
  return { ...size, content: Buffer.concat([...kept, Buffer.from([END])]), end: at + 1 };
}

/** The size of the color table that the flags announce. */
function bytesOfColors(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function findEndOfBlock(content: Buffer, at: number, size: Size): number {
  const kind = content.readUInt8(at);
  if (kind === EXTENSION) return findEndOfParts(content, at + 2);
  if (kind !== PICTURE) throw brokenImage(`has something at byte ${at} that is no part of a GIF`);
  const right = content.readUInt16LE(at + 1) + content.readUInt16LE(at + 5);
  const bottom = content.readUInt16LE(at + 3) + content.readUInt16LE(at + 7);
  if (right > size.width || bottom > size.height) throw brokenImage("has a picture larger than itself");
  return findEndOfParts(content, at + 11 + bytesOfColors(content.readUInt8(at + 9)));
}

/** Each part begins with its length; a part of length 0 ends them. */
function findEndOfParts(content: Buffer, from: number): number {
  let at = from;
  for (let length = content.readUInt8(at); length > 0; length = content.readUInt8(at)) at += length + 1;
  return at + 1;
}

function readParts(content: Buffer, from: number): Buffer[] {
  const parts: Buffer[] = [];
  let at = from;
  for (let length = content.readUInt8(at); length > 0; length = content.readUInt8(at)) {
    if (at + 1 + length > content.length) throw cutOffImage();
    parts.push(content.subarray(at + 1, at + 1 + length));
    at += length + 1;
  }
  return parts;
}

function writeTiming([part]: readonly Buffer[]): Buffer {
  return part?.length === 4 ? writeExtension(TIMING, [part]) : NONE;
}

/** Keeps how often an animation repeats, and color profiles. */
function cleanProgramsBlock([name, ...parts]: readonly Buffer[]): Buffer {
  const program = name?.toString("latin1");
  if (name === undefined) return NONE;
  if (program === "NETSCAPE2.0" || program === "ANIMEXTS1.0") {
    const repeats = parts.find((part) => part.length === 3 && part[0] === 1);
    return repeats === undefined ? NONE : writeExtension(OF_PROGRAMS, [name, repeats]);
  }
  const profile = program === "ICCRGBG1012" ? readColorProfile(Buffer.concat(parts)) : undefined;
  if (profile === undefined) return NONE;
  const count = Math.ceil(profile.length / 255);
  const cut = Array.from({ length: count }, (_, index) => profile.subarray(index * 255, (index + 1) * 255));
  return writeExtension(OF_PROGRAMS, [name, ...cut]);
}

function writeExtension(label: number, parts: readonly Buffer[]): Buffer {
  const written = parts.flatMap((part) => [Buffer.from([part.length]), part]);
  return Buffer.concat([Buffer.from([EXTENSION, label]), ...written, Buffer.alloc(1)]);
}
