// Reads from a camera's notes (EXIF) the one thing that changes how an image looks: which way up it is.

const ORIENTATION = 0x0112;
const SHORT = 3;
const PREFIX = Buffer.from("Exif\0\0", "latin1");

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** 1 to 8 as browsers read it: the first entry of the first directory, or 1 where there is no valid one. */
export function readOrientation(exif: Buffer): number {
  const tiff = exif.subarray(0, 6).equals(PREFIX) ? exif.subarray(6) : exif;
  const order = tiff.toString("latin1", 0, 4);
  if (tiff.length < 8 || (order !== "II*\0" && order !== "MM\0*")) return 1;
  const isLittle = order.startsWith("I");
  const read16 = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const read32 = (at: number) => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = read32(4);
  if (directory + 2 > tiff.length) return 1;
  const end = Math.min(directory + 2 + read16(directory) * 12, tiff.length);
  for (let at = directory + 2; at + 12 <= end; at += 12)
    if (read16(at) === ORIENTATION && read16(at + 2) === SHORT && read32(at + 4) === 1) {
      const value = read16(at + 8);
      return value >= 1 && value <= 8 ? value : 1;
    }
  return 1;
}

/** EXIF that holds only the orientation. */
export function writeOrientation(orientation: number): Buffer {
  const entry = Buffer.from([0x01, 0x12, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0]);
  return Buffer.concat([Buffer.from("MM\0*\0\0\0\x08\0\x01", "latin1"), entry, Buffer.alloc(4)]);
}

/** The size as it is shown: orientations 5 to 8 swap width and height. */
export function turn({ width, height }: Size, orientation: number): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
