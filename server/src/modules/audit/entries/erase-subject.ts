// Forgets a person: deletes the values that the trail keeps of them. The chain and all its proofs stay whole, for they
// only ever knew commitments; who holds a copy of a value elsewhere cannot prove it by them either, the salt being gone.
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
 * Deletes all personal values of the subject, those of entries that still wait for the sequencer included, and leaves
 * an entry that says so. Returns how many were deleted. Holds the sequencer back until it commits.
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
