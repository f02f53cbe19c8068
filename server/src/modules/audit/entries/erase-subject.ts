// Forgets a person: deletes the personal values that the trail keeps about them. The chain and its proofs stay intact, because
// they only hold commitments. Without the salt, not even somebody with a copy of a value can prove it by a commitment.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { appendAudit } from "./append-audit.ts";
import type { AuditOrigin } from "./entry.ts";
import { deleteValuesOf, waitForSequencer, writeErasure } from "./personal-store.ts";

export interface Erasure {
  readonly subjectId: string;
  readonly actorId: string;
  readonly actorKind: string;
  readonly origin: AuditOrigin;
}

/**
 * Deletes all personal values of the subject, also those of entries that still wait for the sequencer, and leaves an entry that
 * says so. Returns how many were deleted. Holds the sequencer back until it commits.
 */
export function eraseSubject(db: Sql, { subjectId, actorId, actorKind, origin }: Erasure): Promise<number> {
  return inTransaction(db, async (tx) => {
    await waitForSequencer(tx);
    await writeErasure(tx, subjectId);
    const erased = await deleteValuesOf(tx, subjectId);
    await appendAudit(tx, [
      {
        event: "privacy_subject_erased",
        actorId,
        actorKind,
        resource: { type: "user", id: subjectId },
        outcome: "success",
        origin,
        details: { values: erased },
      },
    ]);
    return erased;
  });
}
