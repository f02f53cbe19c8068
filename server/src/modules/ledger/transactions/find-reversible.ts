// Reads a journal for its reversal: what it moved, and whether it may be undone. What a completed journal moved never changes, so
// it may be read ahead of the command; whether it has been reversed meanwhile is decided on the book.
import type { Sql } from "../../../runtime/database.ts";
import type { Owner, TransactionStatus, TransferRequest } from "../book/journal.ts";
import { isRefused, type JournalShape, selectJournal, selectTransfers } from "./reversible-store.ts";

export interface ReversibleJournal {
  readonly id: number;
  readonly status: TransactionStatus;
  /** The journal that this one reverses; a reversal cannot be reversed itself. */
  readonly reversedId: number | null;
  /** The owner, whose commands alone may undo it; null: no owner. */
  readonly owner: Owner | null;
  /** The transfers it booked, in order; none unless completed. */
  readonly transfers: readonly MovedTransfer[];
}

export interface MovedTransfer extends TransferRequest {
  readonly assetId: number;
}

const NOTHING_MOVED = { reversedId: null, owner: null, transfers: [] };

/** A journal, a hold's journal or a refused one; undefined where this id does not exist. */
export async function findReversible(db: Sql, id: number): Promise<ReversibleJournal | undefined> {
  const journal = await selectJournal(db, id);
  if (journal === undefined) {
    const refused = await isRefused(db, id);
    return refused ? { id, status: "FAILED", ...NOTHING_MOVED } : undefined;
  }
  const status = statusOf(journal);
  const { owner, reversedId } = journal;
  if (status !== "COMPLETED") return { id, status, ...NOTHING_MOVED, owner };
  return { id, status, owner, reversedId, transfers: await readMoved(db, id, journal) };
}

function statusOf({ holdState }: JournalShape): TransactionStatus {
  if (holdState === null || holdState === "captured") return "COMPLETED";
  return holdState === "active" ? "PENDING" : "CANCELLED";
}

/** A captured hold's journal has one transfer, whose id is the stamp at which the hold was closed. */
function readMoved(db: Sql, id: number, { transferCount, closedAt }: JournalShape): Promise<MovedTransfer[]> {
  return closedAt === null ? selectTransfers(db, id, transferCount) : selectTransfers(db, closedAt, 1);
}
