// Images made byte by byte, for tests of what is taken for one; and those of server/tests/images, as cameras and editors write them.
import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

/** One of server/tests/images. */
export function readSample(name: string): Buffer {
  return readFileSync(new URL(`images/${name}`, import.meta.url));
}

/** A chunk of a PNG. */
export function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of one color. */
export function png(width: number, height: number, shade = 0): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = Buffer.alloc(Math.min(height, 100) * (Math.min(width, 100) + 1), shade);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export const GIF = Buffer.from("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");
export const WEBP = Buffer.from("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA", "base64");
export const JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q==",
  "base64",
);

/** A box of an AVIF. */
export function box(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string, "latin1")));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length + 8);
  return Buffer.concat([length, Buffer.from(type, "latin1"), content]);
}

/**
 * An AVIF of one pixel a side, by its header, which says its size that many times; its picture lies within the header, as
 * other programs write it. `more` comes behind its list of properties.
 */
export function avif(sizes = 1, more: readonly Buffer[] = []): Buffer {
  const size = box("ispe", "\0\0\0\0\0\0\0\x01\0\0\0\x01");
  const list = box("ipco", Buffer.concat(Array.from({ length: sizes }, () => size)));
  const owned = box("ipma", "\0\0\0\0\0\0\0\x01\0\x07\x01\x01");
  const meta = box(
    "meta",
    "\0\0\0\0",
    box("pitm", "\0\0\0\0\0\x07"),
    box("iinf", "\0\0\0\0\0\x01", box("infe", "\x02\0\0\0\0\x07\0\0av01\0")),
    box("iloc", "\x01\0\0\0\x44\0\0\x01\0\x07\0\x01\0\0\0\x01\0\0\0\0\0\0\0\x06"),
    box("idat", "pixels"),
    box("iprp", list, owned),
    ...more,
  );
  return Buffer.concat([box("ftyp", "avif\0\0\0\0avifmif1"), meta]);
}
