// Challenges for passkeys: random, good once and for five minutes, and for one purpose. Except for signing in without a name,
// they are also bound to one user and to the session that asked.
import { hash, randomBytes } from "node:crypto";
import { dateOf, type Identity } from "../settings.ts";
import { type Challenge, insertChallenge, useChallenge } from "./passkey-store.ts";

const CHALLENGE_BYTES = 32;
export const CHALLENGE_LIFETIME_MS = 300_000;

/** What a challenge is for, and who asked for it. */
export type ChallengeUse = Omit<Challenge, "hash">;

/** @returns its bytes: they go to the browser; only their hash is kept here */
export async function makeChallenge(identity: Identity, use: ChallengeUse): Promise<Uint8Array<ArrayBuffer>> {
  const challenge = new Uint8Array(randomBytes(CHALLENGE_BYTES));
  const expiresAt = dateOf(identity, CHALLENGE_LIFETIME_MS);
  await insertChallenge(identity.db, { ...use, hash: hashChallenge(challenge), expiresAt });
  return challenge;
}

/** Uses up the challenge, even if the act is then refused. @param text as the browser signed it, base64url */
export function takeChallenge(identity: Identity, use: ChallengeUse, text: string): Promise<boolean> {
  const challenge = { ...use, hash: hashChallenge(Buffer.from(text, "base64url")) };
  return useChallenge(identity.db, challenge, dateOf(identity));
}

function hashChallenge(challenge: Uint8Array): Buffer {
  return hash("sha256", challenge, "buffer");
}
