// Keys of 32 bytes, in the forms that people write: 64 hexadecimal digits, or base64 (base64url too).

const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** Undefined where the text is not 32 bytes in one of these forms. */
export function parseKeyBytes(given: string): Buffer | undefined {
  const text = given.trim();
  if (HEX.test(text)) return Buffer.from(text, "hex");
  return BASE64.test(text) ? Buffer.from(text, "base64") : undefined;
}
