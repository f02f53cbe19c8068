// Walks a PNG from chunk to chunk to its end, and keeps what is drawn (an animation's frames too), how its colors are meant,
// and which way up it is. Texts, times, places and the private chunks of programs are dropped.
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { readColorProfile } from "./color-profile.ts";
import { brokenImage, type CleanImage, cutOffImage } from "./image-faults.ts";
import { readOrientation, type Size, turn, writeOrientation } from "./orientation.ts";

const SIGNATURE_BYTES = 8;
const PROFILE_BYTES_MAX = 8 * 1024 * 1024;
/** The chunks that are kept, and the most bytes each may have, so that nothing else can travel in them. */
const KEPT: ReadonlyMap<string, number> = new Map([
  ["PLTE", 768],
  ["tRNS", 256],
  ["cHRM", 32],
  ["gAMA", 4],
  ["sBIT", 4],
  ["sRGB", 1],
  ["cICP", 4],
  ["mDCV", 24],
  ["cLLI", 8],
  ["bKGD", 6],
  ["pHYs", 9],
  ["acTL", 8],
  ["fcTL", 26],
  ["IDAT", 0x7fff_ffff],
  ["fdAT", 0x7fff_ffff],
]);

/** @throws AppError `invalid/image_broken`; RangeError where it is cut off */
export function cleanPng(content: Buffer): CleanImage {
  const kept: Buffer[] = [];
  let [size, orientation, hasPicture]: [Size | undefined, number, boolean] = [undefined, 1, false];
  for (let at = SIGNATURE_BYTES; ; ) {
    const { type, body, chunk } = readChunk(content, at);
    at += chunk.length;
    if (size === undefined) {
      size = readHeader(type, body);
      kept.push(content.subarray(0, at));
    } else if (type === "IEND") {
      if (!hasPicture || body.length > 0) throw brokenImage("has no picture in it");
      if (orientation !== 1) kept.splice(1, 0, writeChunk("eXIf", writeOrientation(orientation)));
      return { ...turn(size, orientation), content: Buffer.concat([...kept, chunk]), end: at };
    } else if (type === "eXIf") orientation = readOrientation(body);
    else if (type === "iCCP") kept.push(...writeProfile(body));
    else if (body.length <= (KEPT.get(type) ?? -1)) {
      if (type === "fcTL") checkFrame(body, size);
      hasPicture ||= type === "IDAT";
      kept.push(chunk);
    } else if (!/^[a-z]/.test(type))
      throw brokenImage(`has a part ${JSON.stringify(type)} that is not known`);
  }
}

/** Writes a chunk: its length, type, content and checksum. */
function readChunk(content: Buffer, at: number) {
  const bodyEnd = at + 8 + content.readUInt32BE(at);
  if (bodyEnd + 4 > content.length) throw cutOffImage();
  if (crc32(content.subarray(at + 4, bodyEnd)) !== content.readUInt32BE(bodyEnd))
    throw brokenImage(`is damaged: the checksum at byte ${bodyEnd} is wrong`);
  const type = content.toString("latin1", at + 4, at + 8);
  return { type, body: content.subarray(at + 8, bodyEnd), chunk: content.subarray(at, bodyEnd + 4) };
}

function readHeader(type: string, body: Buffer): Size {
  if (type !== "IHDR" || body.length !== 13) throw brokenImage("has no header");
  return { width: body.readUInt32BE(0), height: body.readUInt32BE(4) };
}

function checkFrame(control: Buffer, { width, height }: Size): void {
  const [right, bottom] = [4, 8].map((at) => control.readUInt32BE(at) + control.readUInt32BE(at + 8));
  if ((right ?? 0) > width || (bottom ?? 0) > height) throw brokenImage("has a frame larger than itself");
}

/** A name, a zero, the method (0), and the compressed profile. The name could hold any text, so it is dropped. */
function writeProfile(body: Buffer): Buffer[] {
  try {
    const packed = body.subarray(body.indexOf(0) + 2);
    const profile = readColorProfile(inflateSync(packed, { maxOutputLength: PROFILE_BYTES_MAX }));
    if (profile === undefined) return [];
    return [writeChunk("iCCP", Buffer.concat([Buffer.from("icc\0\0", "latin1"), deflateSync(profile)]))];
  } catch {
    return []; // not a profile: browsers ignore it too
  }
}

function writeChunk(type: string, body: Buffer): Buffer {
  const chunk = Buffer.alloc(body.length + 12);
  chunk.writeUInt32BE(body.length, 0);
  chunk.write(type, 4, "latin1");
  body.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), body.length + 8);
  return chunk;
}
