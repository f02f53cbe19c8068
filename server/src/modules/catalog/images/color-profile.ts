// Color profiles (ICC): what one is, so that nothing else travels under its name.

const HEADER_BYTES = 128;

/** The profile without what is behind it; undefined where there is none, which browsers pass over too. */
export function readColorProfile(content: Buffer): Buffer | undefined {
  if (content.length < HEADER_BYTES || content.toString("latin1", 36, 40) !== "acsp") return undefined;
  const length = content.readUInt32BE(0);
  return length >= HEADER_BYTES && length <= content.length ? content.subarray(0, length) : undefined;
}
