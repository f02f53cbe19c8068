// Checks that a color profile (ICC) is one, so that no other data travels under its name.

const HEADER_BYTES = 128;

/** The profile without any bytes behind it; undefined where it is no profile: browsers ignore such data too. */
export function readColorProfile(content: Buffer): Buffer | undefined {
  if (content.length < HEADER_BYTES || content.toString("latin1", 36, 40) !== "acsp") return undefined;
  const length = content.readUInt32BE(0);
  return length >= HEADER_BYTES && length <= content.length ? content.subarray(0, length) : undefined;
}
