// Devices that a user has signed in from. A device token proves only that: its holder gets a separate budget of attempts, so
// that nobody can lock a user out by guessing at their account.
import { hash, randomBytes } from "node:crypto";
import type { Tx } from "../../../runtime/transaction.ts";
import { dateOf, type Identity } from "../settings.ts";
import { insertDevice, takeDevice } from "../throttles/throttle-store.ts";

const DEVICE_TOKEN = /^chd_[\w-]{43}$/;

/** Makes a token for a device on which the user has just proved who they are. */
export async function rememberDevice(
  tx: Tx,
  identity: Identity,
  { userId, userAgent }: { readonly userId: string; readonly userAgent: string | undefined },
): Promise<string> {
  const token = `chd_${randomBytes(32).toString("base64url")}`;
  await insertDevice(tx, { tokenHash: hashDeviceToken(token), userId, userAgent, at: dateOf(identity) });
  return token;
}

/** The token's hash, where the token belongs to one of this user's devices. */
export async function findDevice(
  identity: Identity,
  token: string | undefined,
  userId: string | undefined,
): Promise<Buffer | undefined> {
  if (token === undefined || userId === undefined || !DEVICE_TOKEN.test(token)) return undefined;
  const tokenHash = hashDeviceToken(token);
  const isKnown = await takeDevice(identity.db, { tokenHash, userId, at: dateOf(identity) });
  return isKnown ? tokenHash : undefined;
}

function hashDeviceToken(token: string): Buffer {
  return hash("sha256", token, "buffer");
}
