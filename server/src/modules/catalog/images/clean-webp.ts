// Walks a WebP from chunk to chunk to its end, and keeps its picture or frames, a color profile, and which way up it is.
// Camera and editor notes, and chunks that are never drawn, are dropped, within frames too.
import { readColorProfile } from "./color-profile.ts";
import { brokenImage, type CleanImage, cutOffImage } from "./image-faults.ts";
import { readOrientation, type Size, turn, writeOrientation } from "./orientation.ts";

interface Chunk {
  readonly type: string;
  readonly body: Buffer;
}

const PROFILE_FLAG = 0x20;
const NOTES_FLAG = 0x08;
const ANIMATION_FLAG = 0x02;
/** The flags for alpha and animation; the other flags are set from what is kept. */
const KEPT_FLAGS = 0x12;
const FRAME_HEAD_BYTES = 16;

/** @throws AppError `invalid/image_broken`; RangeError where it is cut off */
export function cleanWebp(content: Buffer): CleanImage {
  const length = content.readUInt32LE(4) + 8;
  if (length > content.length) throw cutOffImage();
  const chunks = readChunks(content.subarray(12, length));
  const end = Math.min(length + (length % 2), content.length);
  const [first] = chunks;
  if (first?.type === "VP8X") return { ...cleanExtended(chunks, first.body), end };
  const picture = first && measurePicture(first);
  if (first === undefined || picture === undefined) throw brokenImage("has no picture in it");
  return { ...picture, content: writeWebp([first]), end };
}

function readChunks(content: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < content.length; ) {
    const end = at + 8 + content.readUInt32LE(at + 4);
    if (end > content.length) throw cutOffImage();
    chunks.push({ type: content.toString("latin1", at, at + 4), body: content.subarray(at + 8, end) });
    at = end + (end % 2 === at % 2 ? 0 : 1);
  }
  return chunks;
}

/** A header that says what the file has, then a profile, an animation or a picture, and notes. */
function cleanExtended(chunks: readonly Chunk[], header: Buffer): Omit<CleanImage, "end"> {
  if (header.length < 10) throw brokenImage("has no header");
  const flags = header.readUInt8(0);
  const canvas = { width: header.readUIntLE(4, 3) + 1, height: header.readUIntLE(7, 3) + 1 };
  const find = (type: string, flag: number) =>
    flags & flag ? chunks.find((chunk) => chunk.type === type)?.body : undefined;
  const profile = readColorProfile(find("ICCP", PROFILE_FLAG) ?? Buffer.alloc(0));
  const orientation = readOrientation(find("EXIF", NOTES_FLAG) ?? Buffer.alloc(0));
  const drawn = flags & ANIMATION_FLAG ? cleanFrames(chunks, canvas) : cleanPicture(chunks, canvas);
  const kept: Chunk[] = [...drawn];
  if (profile !== undefined) kept.unshift({ type: "ICCP", body: profile });
  if (orientation !== 1) kept.push({ type: "EXIF", body: writeOrientation(orientation) });
  const head = Buffer.concat([Buffer.alloc(4), header.subarray(4, 10)]);
  head[0] =
    (flags & KEPT_FLAGS) | (profile === undefined ? 0 : PROFILE_FLAG) | (orientation === 1 ? 0 : NOTES_FLAG);
  return { ...turn(canvas, orientation), content: writeWebp([{ type: "VP8X", body: head }, ...kept]) };
}

/** The picture and, for the lossy kind, its alpha before it. It must have the size that the canvas or frame states. */
function cleanPicture(chunks: readonly Chunk[], canvas: Size): Chunk[] {
  const picture = chunks.find(({ type }) => type === "VP8 " || type === "VP8L");
  const size = picture && measurePicture(picture);
  if (picture === undefined || size === undefined) throw brokenImage("has no picture in it");
  if (size.width !== canvas.width || size.height !== canvas.height)
    throw brokenImage("says another size than its picture has");
  const alpha = chunks.find(({ type }) => type === "ALPH");
  return alpha !== undefined && picture.type === "VP8 " ? [alpha, picture] : [picture];
}

function cleanFrames(chunks: readonly Chunk[], canvas: Size): Chunk[] {
  const animation = chunks.find(({ type }) => type === "ANIM");
  const frames = chunks.filter(({ type }) => type === "ANMF");
  if (animation === undefined || frames.length === 0) throw brokenImage("has no picture in it");
  return [
    { type: "ANIM", body: animation.body.subarray(0, 6) },
    ...frames.map(({ body }) => ({ type: "ANMF", body: cleanFrame(body, canvas) })),
  ];
}

/** The frame's place in steps of two pixels, its size less one, and how long it is shown; then a picture. */
function cleanFrame(body: Buffer, canvas: Size): Buffer {
  const size = { width: body.readUIntLE(6, 3) + 1, height: body.readUIntLE(9, 3) + 1 };
  const [left, top] = [body.readUIntLE(0, 3) * 2, body.readUIntLE(3, 3) * 2];
  if (left + size.width > canvas.width || top + size.height > canvas.height)
    throw brokenImage("has a frame larger than itself");
  const picture = cleanPicture(readChunks(body.subarray(FRAME_HEAD_BYTES)), size);
  return Buffer.concat([body.subarray(0, FRAME_HEAD_BYTES), ...picture.map(writeChunk)]);
}

/** Read from the header of the picture itself. Undefined where it has none. */
function measurePicture({ type, body }: Chunk): Size | undefined {
  if (type === "VP8L" && body[0] === 0x2f) {
    const bits = body.readUInt32LE(1);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (type === "VP8 " && body.toString("latin1", 3, 6) === "\x9d\x01\x2a")
    return { width: body.readUInt16LE(6) & 0x3fff, height: body.readUInt16LE(8) & 0x3fff };
  return undefined;
}

function writeWebp(chunks: readonly Chunk[]): Buffer {
  const content = Buffer.concat(chunks.map(writeChunk));
  const head = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  head.writeUInt32LE(content.length + 4, 4);
  return Buffer.concat([head, content]);
}

/** Padded to an even length. */
function writeChunk({ type, body }: Chunk): Buffer {
  const chunk = Buffer.alloc(8 + body.length + (body.length % 2));
  chunk.write(type, 0, "latin1");
  chunk.writeUInt32LE(body.length, 4);
  body.copy(chunk, 8);
  return chunk;
}
