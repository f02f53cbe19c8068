// The SQL of revocations: tokens that all processes refuse before they expire. A commit notifies all processes of a change.
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export const REVOCATIONS_CHANNEL = "identity_revocations";
/** A PostgreSQL notification holds up to 8,000 bytes; a revocation takes about 80. */
const NOTIFIED_AT_ONCE = 50;

export interface Revocation {
  /** "s:<session>", "u:<user>" or "k:<API key>". */
  readonly subject: string;
  /** Tokens with a lower version are refused. */
  readonly versionMin: number;
  readonly expiresAt: Date;
}

/** Takes effect on every process with the commit. */
export async function insertRevocations({ sql }: Tx, revocations: readonly Revocation[]): Promise<void> {
  for (const revocation of revocations) {
    await sql`
      INSERT INTO identity.revocations (subject, version_min, expires_at)
      VALUES (${revocation.subject}, ${revocation.versionMin}, ${revocation.expiresAt})
      ON CONFLICT (subject) DO UPDATE
      SET version_min = greatest(revocations.version_min, excluded.version_min),
          expires_at = greatest(revocations.expires_at, excluded.expires_at)`;
  }
  for (let from = 0; from < revocations.length; from += NOTIFIED_AT_ONCE) {
    const payload = JSON.stringify(revocations.slice(from, from + NOTIFIED_AT_ONCE));
    await sql`SELECT pg_notify(${REVOCATIONS_CHANNEL}, ${payload})`;
  }
}

export async function selectRevocations(sql: Sql, at: Date): Promise<Revocation[]> {
  return await sql<Revocation[]>`
    SELECT subject, version_min AS "versionMin", expires_at AS "expiresAt"
    FROM identity.revocations
    WHERE expires_at > ${at}`;
}

export async function deleteOldRevocations(sql: Sql, before: Date): Promise<void> {
  await sql`DELETE FROM identity.revocations WHERE expires_at < ${before}`;
}
