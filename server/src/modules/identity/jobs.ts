// Identity's own tasks in the schedule of upkeep: sends mails, rotates signing keys, deletes what expired long ago.
import type { Task } from "../jobs/index.ts";
import { deleteOldEmailChanges } from "./addresses/email-change-store.ts";
import { deleteOldLinkTokens } from "./mails/mail-store.ts";
import type { MailTransport } from "./mails/mail-transport.ts";
import { sendMails } from "./mails/send-mails.ts";
import { deleteOldChallenges } from "./passkeys/passkey-store.ts";
import { deleteOldRevocations } from "./sessions/revocation-store.ts";
import { deleteOldSessions } from "./sessions/session-store.ts";
import { DAY_MS, dateOf, type Identity } from "./settings.ts";
import { rotateWhenDue } from "./signing-keys/rotate-signing-keys.ts";
import { deleteOldDevices, deleteOldThrottles } from "./throttles/throttle-store.ts";

const KEPT_AFTER_END_MS = 30 * DAY_MS;
const HOUR_SECONDS = 3_600;

/** @param transport undefined: mails wait in their table until there is one */
export function identityTasks(identity: Identity, transport: MailTransport | undefined): Task[] {
  const tasks: Task[] = [
    { name: "rotate_signing_keys", everySeconds: HOUR_SECONDS, run: () => rotateWhenDue(identity) },
    { name: "forget_old_sessions", everySeconds: HOUR_SECONDS, run: () => forgetOld(identity) },
  ];
  if (transport === undefined) return tasks;
  return [...tasks, { name: "send_mails", everySeconds: 1, run: () => sendMails(identity, transport) }];
}

async function forgetOld(identity: Identity): Promise<void> {
  const { db } = identity;
  await deleteOldSessions(db, dateOf(identity, -KEPT_AFTER_END_MS));
  await deleteOldRevocations(db, dateOf(identity, -DAY_MS));
  await deleteOldThrottles(db, dateOf(identity, -DAY_MS));
  await deleteOldDevices(db, dateOf(identity, -400 * DAY_MS));
  await deleteOldLinkTokens(db, dateOf(identity, -DAY_MS));
  await deleteOldEmailChanges(db, dateOf(identity, -KEPT_AFTER_END_MS));
  await deleteOldChallenges(db, dateOf(identity));
}
