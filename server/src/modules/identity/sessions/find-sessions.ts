// Reads the sessions of a user that are still good.

import { DAY_MS, dateOf, type Identity } from "../settings.ts";
import type { Session } from "./session.ts";
import { selectSessions } from "./session-store.ts";

/** Newest first, at most 200. */
export function findUserSessions(identity: Identity, userId: string): Promise<Session[]> {
  const idleSince = dateOf(identity, -identity.settings.sessionIdleDays * DAY_MS);
  return selectSessions(identity.db, { userId, at: dateOf(identity), idleSince });
}
