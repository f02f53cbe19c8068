// AES-256-GCM over one short text. The context of the text (its key, its field and row) is authenticated with it, so that it does
// not decrypt anywhere else. The text's length is not hidden.
//
// IVs are 96 random bits, which NIST SP 800-38D (8.3) allows for 2^32 texts under one key. A counter would allow more, but all
// processes would have to share it; instead make a new data key (`countinghouse keys rotate --data`) once a year or every
// billion values, whichever comes first.
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG = { authTagLength: 16 };

/** Returns IV, ciphertext and tag as base64url. */
export function seal(key: KeyObject, plain: Buffer, boundTo: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, TAG).setAAD(Buffer.from(boundTo));
  const parts = [iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString("base64url");
}

/** Undefined where the text was altered, or was encrypted with another key or context. */
export function unseal(key: KeyObject, sealed: string, boundTo: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  // Node decodes several spellings of the same bytes; only the spelling that we write counts as unaltered.
  if (bytes.length < IV_BYTES + TAG.authTagLength || bytes.toString("base64url") !== sealed) return undefined;
  const tagAt = bytes.length - TAG.authTagLength;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), TAG);
  decipher.setAAD(Buffer.from(boundTo)).setAuthTag(bytes.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, tagAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}
