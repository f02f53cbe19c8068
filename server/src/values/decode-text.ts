// Finds the encoding of a text from its bytes: byte order marks, the zeros of UTF-16, and whether it is valid UTF-8.

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** In words, for messages about a file. */
export const ENCODING_NAMES: Readonly<Record<Encoding | "utf-32", string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
  "windows-1252": "Latin-1",
  "utf-32": "UTF-32",
};

/** Among this many characters of UTF-16, at least one has zero as its first byte, as all of ASCII does. */
const SAMPLE_BYTES = 4_096;

/** What the beginning of a file shows; undefined where it shows nothing: UTF-8, or Latin-1 if it is not valid UTF-8. */
export function encodingByStart(start: Uint8Array): Encoding | "utf-32" | "binary" | undefined {
  const has = (...mark: number[]) => mark.every((byte, index) => start[index] === byte);
  if (has(0xef, 0xbb, 0xbf)) return "utf-8";
  if (has(0xff, 0xfe, 0, 0) || has(0, 0, 0xfe, 0xff)) return "utf-32";
  if (has(0xff, 0xfe)) return "utf-16le";
  if (has(0xfe, 0xff)) return "utf-16be";
  const sample = start.subarray(0, SAMPLE_BYTES);
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries())
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (even + odd === 0) return undefined;
  const isHalf = (count: number) => count * 4 > sample.length; // of half of the bytes
  if (odd > even * 10 && isHalf(odd)) return "utf-16le";
  return even > odd * 10 && isHalf(even) ? "utf-16be" : "binary";
}

/** A whole text and its encoding; undefined where it is not text, or incomplete. Latin-1 is only a guess, so it is refused. */
export function decodeText(bytes: Uint8Array): { text: string; encoding: Encoding } | undefined {
  const encoding = encodingByStart(bytes) ?? "utf-8";
  if (encoding === "utf-32" || encoding === "binary") return undefined;
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding };
  } catch {
    return undefined;
  }
}
