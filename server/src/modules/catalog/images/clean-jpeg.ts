// Walks a JPEG from segment to segment to its end, and keeps what is drawn: frames, tables and scans, how its colors are meant
// (JFIF, Adobe, a profile) and which way up it is. Comments, places, owners, thumbnails and edits are dropped.
import { readColorProfile } from "./color-profile.ts";
import { brokenImage, type CleanImage, cutOffImage } from "./image-faults.ts";
import { readOrientation, type Size, turn, writeOrientation } from "./orientation.ts";

const START = Buffer.from([0xff, 0xd8]);
const END = 0xd9;
const SCAN = 0xda;
const JFIF = 0xe0;
const EXIF = 0xe1;
const PROFILE = 0xe2;
const ADOBE = 0xee;
const COMMENT = 0xfe;
const PROFILE_NAME = "ICC_PROFILE\0";
const PROFILE_PART_BYTES = 65_519;

interface Drawing {
  /** Frames, tables and scans in their order. */
  readonly parts: Buffer[];
  /** The first segment of each kind that says how the picture looks, without its header. */
  readonly notes: Map<string, Buffer>;
  readonly profileParts: Buffer[];
  size: Size | undefined;
  hasScan: boolean;
}

/** @throws AppError `invalid/image_broken`; RangeError where it is cut off */
export function cleanJpeg(content: Buffer): CleanImage {
  const drawing: Drawing = {
    parts: [],
    notes: new Map(),
    profileParts: [],
    size: undefined,
    hasScan: false,
  };
  let at = 2;
  for (let marker = readMarker(content, at); marker !== END; marker = readMarker(content, at)) {
    // Any number of 0xff may stand before a marker.
    at = marker === 0xff ? at + 1 : takeSegment(content, at, drawing);
  }
  if (drawing.size === undefined || !drawing.hasScan) throw brokenImage("has no picture in it");
  const orientation = readOrientation(drawing.notes.get("exif") ?? Buffer.alloc(0));
  return { ...turn(drawing.size, orientation), content: writeJpeg(drawing, orientation), end: at + 2 };
}

function readMarker(content: Buffer, at: number): number {
  if (at + 2 > content.length) throw cutOffImage();
  if (content[at] !== 0xff) throw brokenImage(`has something at byte ${at} that is no part of a JPEG`);
  return content.readUInt8(at + 1);
}

/** Returns where the next segment begins. */
function takeSegment(content: Buffer, at: number, drawing: Drawing): number {
  const marker = content.readUInt8(at + 1);
  const isNote = (marker >= 0xe0 && marker <= 0xef) || marker === COMMENT;
  if (!isNote && !isDrawn(marker)) throw brokenImage(`has a segment ${marker.toString(16)} at byte ${at}`);
  const length = content.readUInt16BE(at + 2);
  let next = at + 2 + length;
  if (length < 2) throw brokenImage(`has a segment without a length at byte ${at}`);
  if (next > content.length) throw cutOffImage();
  if (isNote) {
    takeNote(marker, content.subarray(at + 4, next), drawing);
    return next;
  }
  if (isFrame(marker)) {
    if (drawing.size !== undefined) throw brokenImage("has two pictures in one");
    drawing.size = { height: content.readUInt16BE(at + 5), width: content.readUInt16BE(at + 7) };
  }
  if (marker === SCAN) {
    drawing.hasScan = true;
    next = findEndOfScan(content, next);
  }
  drawing.parts.push(content.subarray(at, next));
  return next;
}

/** Frames and their tables (C0 to CF, except C8, which is reserved), scans and what belongs to them (DA to DF). */
function isDrawn(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) || (marker >= SCAN && marker <= 0xdf);
}

/** SOF0 to SOF15; C4 and CC are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc;
}

/** Compressed data reach to the next marker; within them 0xff00 stands for one 0xff byte, and D0 to D7 are restart markers. */
function findEndOfScan(content: Buffer, from: number): number {
  for (let at = from; at + 1 < content.length; at += 1) {
    if (content[at] !== 0xff) continue;
    const next = content[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw cutOffImage();
}

function takeNote(marker: number, note: Buffer, { notes, profileParts }: Drawing): void {
  const keep = (name: string, kept: Buffer) => notes.has(name) || notes.set(name, kept);
  const isNamed = (name: string) => note.toString("latin1", 0, name.length) === name;
  if (marker === JFIF && isNamed("JFIF\0") && note.length >= 14) keep("jfif", note.subarray(0, 12));
  if (marker === EXIF && isNamed("Exif\0\0")) keep("exif", note);
  if (marker === ADOBE && isNamed("Adobe") && note.length >= 12) keep("adobe", note.subarray(0, 12));
  if (marker === PROFILE && isNamed(PROFILE_NAME)) profileParts.push(note.subarray(PROFILE_NAME.length));
}

function writeJpeg({ parts, notes, profileParts }: Drawing, orientation: number): Buffer {
  const [jfif, adobe] = [notes.get("jfif"), notes.get("adobe")];
  const exif = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), writeOrientation(orientation)]);
  return Buffer.concat([
    START,
    ...(jfif === undefined ? [] : [writeSegment(JFIF, jfif, Buffer.alloc(2))]), // no thumbnail
    ...(orientation === 1 ? [] : [writeSegment(EXIF, exif)]),
    ...writeProfile(profileParts),
    ...(adobe === undefined ? [] : [writeSegment(ADOBE, adobe)]),
    ...parts,
    Buffer.from([0xff, END]),
  ]);
}

/** A profile comes in numbered parts: the number, how many there are, the content. */
function writeProfile(parts: readonly Buffer[]): Buffer[] {
  const sorted = parts.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  const isWhole = sorted.every((part, index) => part[0] === index + 1 && part[1] === sorted.length);
  const profile = isWhole && readColorProfile(Buffer.concat(sorted.map((part) => part.subarray(2))));
  if (!profile) return [];
  const count = Math.ceil(profile.length / PROFILE_PART_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * PROFILE_PART_BYTES, (index + 1) * PROFILE_PART_BYTES);
    return writeSegment(PROFILE, Buffer.from(PROFILE_NAME, "latin1"), Buffer.from([index + 1, count]), part);
  });
}

function writeSegment(marker: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}
