// Early revocations in the memory of this process: read at start, updated by notification with each commit, and read again
// when the listening connection was lost. A check is one look-up in a map that is nearly empty.
import type { Sql } from "../../../runtime/database.ts";
import { REVOCATIONS_CHANNEL, type Revocation, selectRevocations } from "./revocation-store.ts";

export interface Revocations {
  /** Whether this subject's tokens of `version` are void. */
  readonly isRevoked: (subject: string, version: number) => boolean;
  /** Applies what this process has just committed, so that it need not wait for its own notification. */
  readonly add: (revocations: readonly Revocation[]) => void;
  readonly reload: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The loss of the listening connection is noticed late: until then the table is read again this often. */
const RELOAD_MS = 5_000;

export async function openRevocations(db: Sql): Promise<Revocations> {
  let known = new Map<string, { versionMin: number; expiresAtMs: number }>();

  function add(revocations: readonly Revocation[]): void {
    for (const { subject, versionMin, expiresAt } of revocations) {
      const before = known.get(subject);
      known.set(subject, {
        versionMin: Math.max(versionMin, before?.versionMin ?? 0),
        expiresAtMs: Math.max(new Date(expiresAt).getTime(), before?.expiresAtMs ?? 0),
      });
    }
  }

  async function reload(): Promise<void> {
    const revocations = await selectRevocations(db, new Date());
    const now = Date.now();
    known = new Map([...known].filter(([, { expiresAtMs }]) => expiresAtMs > now));
    add(revocations);
  }

  const listening = await db.listen(
    REVOCATIONS_CHANNEL,
    (payload) => add(JSON.parse(payload) as Revocation[]),
    () => void reload().catch(() => undefined),
  );
  await reload();
  const timer = setInterval(() => void reload().catch(() => undefined), RELOAD_MS);
  timer.unref();
  return {
    isRevoked: (subject, version) => version < (known.get(subject)?.versionMin ?? 0),
    add,
    reload,
    close: async () => {
      clearInterval(timer);
      await listening.unlisten().catch(() => undefined);
    },
  };
}

/** Sessions and keys end for good: no version of them is ever good again. */
export const FOR_GOOD = 2_147_483_647;
