// The SQL that writes a batch's decisions: each kind of row in one statement for the whole batch, checked once more by the
// tables' CHECKs and by the number of rows.
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Book, BookAccount, Decisions } from "./book.ts";
import { type Capture, HOLD_STATES, type Hold, JOURNAL_KINDS, type Transfer } from "./journal.ts";

const NEW_SUMS = columnsOf<BookAccount>({
  id: ["bigint", (account) => account.id],
  debits_posted: ["bigint", (account) => account.debitsPosted],
  credits_posted: ["bigint", (account) => account.creditsPosted],
  debits_pending: ["bigint", (account) => account.debitsPending],
  version: ["bigint", (account) => account.version],
  next_expiry: ["bigint", (account) => account.nextExpiry],
  opening_version: ["bigint", (account) => account.openingVersion],
});

/**
 * Writes the new sums of accounts, in the order in which they are given, which must be the order of their ids: the lock order.
 * The table's CHECKs test them once more. A row that has changed since it was read is not overwritten: it fails the transaction,
 * and so does a row for which later stamps were taken.
 */
export function updateAccounts(
  { sql }: Tx,
  accounts: readonly BookAccount[],
  batch: { firstStamp: number; lastStamp: number; ahead: Book["ahead"]; posted: Posted },
): Promise<unknown> {
  const { firstStamp, lastStamp, ahead, posted } = batch;
  // Sent behind the locks that the update has taken: settling an account waits for these locks.
  const expectAhead = ahead === null ? sql`` : sql`, ledger.expect_ahead(${ahead.first}, ${ahead.settling})`;
  return sql`
    WITH written AS (
      UPDATE ledger.accounts a
      SET debits_posted = n.debits_posted, credits_posted = n.credits_posted,
          debits_pending = n.debits_pending, version = n.version, next_expiry = n.next_expiry,
          last_stamp = ${lastStamp}
      FROM unnest(${NEW_SUMS.arrays(sql, accounts)}) AS n (${NEW_SUMS.names(sql)})
      WHERE a.id = n.id AND a.version = n.opening_version AND a.last_stamp < ${firstStamp}
      RETURNING 1) ${alongWith(sql, posted)}
    SELECT ledger.expect_rows(count(*), ${accounts.length}, 'accounts') ${expectAhead}
    FROM written`.execute();
}

/** Posted transfers, written together with their accounts: for a lone transfer, a separate statement costs more than its row. */
export type Posted = Pick<Decisions, "journals" | "transfers">;

function alongWith(sql: Tx["sql"], posted: Posted) {
  return posted.transfers.length === 0
    ? sql``
    : sql`, t AS (INSERT INTO ledger.transfers ${TRANSFER_COLUMNS.rows(sql, withJournals(posted))})`;
}

type Journal = Decisions["journals"][number];
/** The row of a transfer or a hold, and its journal where the row carries it. */
type WithJournal<Row> = readonly [row: Row, journal: Journal | undefined];

/** A journal stands on the row that has its id: its first transfer. */
function withJournals({ journals, transfers }: Posted): WithJournal<Transfer>[] {
  const byId = new Map(journals.map((journal) => [journal.id, journal]));
  return transfers.map((transfer) => [transfer, byId.get(transfer.id)]);
}

const JOURNAL_COLUMNS: ColumnTable<WithJournal<unknown>> = {
  kind: ["smallint", ([, journal]) => journal && JOURNAL_KINDS[journal.kind]],
  actor_id: ["text", ([, journal]) => journal?.actorId],
  reference: ["text", ([, journal]) => journal?.reference],
  metadata: ["text", ([, journal]) => journal?.metadata],
  effective_at: ["timestamptz", ([, journal]) => journal?.effectiveAt],
  owner_type: ["text", ([, journal]) => journal?.owner?.type],
  owner_id: ["bigint", ([, journal]) => journal?.owner?.id],
};

const ADDED_SUMS = columnsOf<BookAccount>({
  account_id: ["bigint", (account) => account.id],
  debits_posted: ["numeric", (account) => account.debitsPosted],
  credits_posted: ["numeric", (account) => account.creditsPosted],
  debits_pending: ["numeric", (account) => account.debitsPending],
});

/** Adds to one stripe of each system account, in id order after all customers' accounts: the lock order. */
export function addToSystemBalances(
  { sql }: Tx,
  accounts: readonly BookAccount[],
  stripe: number,
): Promise<unknown> {
  return sql`
    INSERT INTO ledger.system_balances AS b (stripe, ${ADDED_SUMS.names(sql)})
    SELECT ${stripe}, ${ADDED_SUMS.names(sql)}
    FROM unnest(${ADDED_SUMS.arrays(sql, accounts)}) AS n (${ADDED_SUMS.names(sql)})
    ORDER BY account_id
    ON CONFLICT (account_id, stripe) DO UPDATE
    SET debits_posted = b.debits_posted + excluded.debits_posted,
        credits_posted = b.credits_posted + excluded.credits_posted,
        debits_pending = b.debits_pending + excluded.debits_pending`.execute();
}

const TRANSFER_COLUMNS = columnsOf<WithJournal<Transfer>>({
  id: ["bigint", ([transfer]) => transfer.id],
  journal_id: ["bigint", ([transfer]) => transfer.journalId],
  debit_account_id: ["bigint", ([transfer]) => transfer.debitAccountId],
  credit_account_id: ["bigint", ([transfer]) => transfer.creditAccountId],
  amount: ["bigint", ([transfer]) => transfer.amount],
  debit_after: ["bigint", ([transfer]) => transfer.debitAfter],
  credit_after: ["bigint", ([transfer]) => transfer.creditAfter],
  transfer_count: ["smallint", ([, journal]) => journal?.transferCount],
  ...JOURNAL_COLUMNS,
});

/** For batches that moved only system accounts. */
export function insertPosted({ sql }: Tx, posted: Posted): Promise<unknown> {
  const rows = TRANSFER_COLUMNS.rows(sql, withJournals(posted));
  return sql`INSERT INTO ledger.transfers ${rows}`.execute();
}

const REVERSAL_COLUMNS = columnsOf<Journal>({
  reversed_id: ["bigint", (journal) => journal.reversedId],
  journal_id: ["bigint", (journal) => journal.id],
});

export function insertReversals({ sql }: Tx, journals: readonly Journal[]): Promise<unknown> {
  return sql`INSERT INTO ledger.reversals ${REVERSAL_COLUMNS.rows(sql, journals)}`.execute();
}

const NEW_HOLDS = columnsOf<WithJournal<Hold>>({
  id: ["bigint", ([hold]) => hold.id],
  debit_account_id: ["bigint", ([hold]) => hold.debitAccountId],
  credit_account_id: ["bigint", ([hold]) => hold.creditAccountId],
  amount: ["bigint", ([hold]) => hold.amount],
  expires_at: ["bigint", ([hold]) => hold.expiresAt],
  ...JOURNAL_COLUMNS,
});

export function insertHolds(
  { sql }: Tx,
  decisions: Pick<Decisions, "placedHolds" | "journals">,
): Promise<unknown> {
  const byId = new Map(decisions.journals.map((journal) => [journal.id, journal]));
  const rows = decisions.placedHolds.map((hold) => [hold, byId.get(hold.id)] as const);
  return sql`INSERT INTO ledger.holds ${NEW_HOLDS.rows(sql, rows)}`.execute();
}

const CHANGED_HOLDS = columnsOf<Hold>({
  id: ["bigint", (hold) => hold.id],
  state: ["smallint", (hold) => HOLD_STATES[hold.state]],
  captured: ["bigint", (hold) => hold.captured],
  closed_at: ["bigint", (hold) => hold.closedAt],
});

/** Ends holds, or notes what was captured; where another process has already ended one, the batch fails: no hold ends twice. */
export function updateHolds({ sql }: Tx, holds: readonly Hold[]): Promise<unknown> {
  return sql`
    WITH written AS (
      UPDATE ledger.holds h
      SET state = n.state, captured = n.captured, closed_at = n.closed_at
      FROM unnest(${CHANGED_HOLDS.arrays(sql, holds)}) AS n (${CHANGED_HOLDS.names(sql)})
      WHERE h.id = n.id AND h.state = 1
      RETURNING 1)
    SELECT ledger.expect_rows(count(*), ${holds.length}, 'holds')
    FROM written`.execute();
}

const CAPTURE_COLUMNS = columnsOf<Capture>({
  transfer_id: ["bigint", (capture) => capture.transferId],
  hold_id: ["bigint", (capture) => capture.holdId],
  amount: ["bigint", (capture) => capture.amount],
});

export function insertCaptures({ sql }: Tx, captures: readonly Capture[]): Promise<unknown> {
  return sql`INSERT INTO ledger.captures ${CAPTURE_COLUMNS.rows(sql, captures)}`.execute();
}

const REFUSAL_COLUMNS = columnsOf<Decisions["refusals"][number]>({
  id: ["bigint", (refusal) => refusal.id],
  kind: ["smallint", (refusal) => JOURNAL_KINDS[refusal.kind]],
  code: ["text", (refusal) => refusal.code],
  debit_account_id: ["bigint", (refusal) => refusal.transfer.debitAccountId],
  credit_account_id: ["bigint", (refusal) => refusal.transfer.creditAccountId],
  amount: ["bigint", (refusal) => refusal.transfer.amount],
  actor_id: ["text", (refusal) => refusal.actorId],
  reference: ["text", (refusal) => refusal.reference],
  metadata: ["text", (refusal) => refusal.metadata],
});

export function insertRefusals({ sql }: Tx, refusals: Decisions["refusals"]): Promise<unknown> {
  return sql`INSERT INTO ledger.refusals ${REFUSAL_COLUMNS.rows(sql, refusals)}`.execute();
}
