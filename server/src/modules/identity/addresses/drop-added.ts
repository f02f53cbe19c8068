// Drops everything that was added to an account: API keys that its user made, passkeys, the authenticator app, backup codes,
// known devices, unused links and pending changes of address, and with them every session. The person who first proves an
// address may not be the one who registered with it, and the person who takes a change back did not ask for it.
import type { Tx } from "../../../runtime/transaction.ts";
import { revokeOwnKeys } from "../api-keys/api-keys.ts";
import { deleteBackupCodes, deleteTotpSince } from "../factors/factor-store.ts";
import { deleteLinkMails, voidLinkTokens } from "../mails/mail-store.ts";
import { deletePasskeysSince } from "../passkeys/passkey-store.ts";
import { revokeSessions } from "../sessions/end-sessions.ts";
import type { Revocation } from "../sessions/revocation-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { deleteDevicesSince } from "../throttles/throttle-store.ts";
import { clearPasswordSince } from "../users/user-store.ts";
import { withdrawPendingChange } from "./email-change-store.ts";

export interface Drop {
  readonly userId: string;
  /** What was there before this time stays. */
  readonly since: Date;
  readonly reason: string;
}

/** Drops everything, whenever it was added. */
export const FROM_THE_BEGINNING = new Date(0);

/** Lock the user's row first. Returns the revocations to apply to this process's memory after the commit. */
export async function dropAdded(
  tx: Tx,
  identity: Identity,
  { userId, since, reason }: Drop,
): Promise<Revocation[]> {
  const at = dateOf(identity);
  await clearPasswordSince(tx, userId, since);
  await deletePasskeysSince(tx, userId, since);
  await deleteTotpSince(tx, userId, since);
  await deleteBackupCodes(tx, userId); // it is not known who has them
  await deleteDevicesSince(tx, userId, since);
  await deleteLinkMails(tx, userId);
  await voidLinkTokens(tx, { userId, at });
  await withdrawPendingChange(tx, userId, at);
  return [
    ...(await revokeOwnKeys(tx, identity, { userId, since })),
    ...(await revokeSessions(tx, identity, { userId, reason })),
  ];
}
