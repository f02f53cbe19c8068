// The SQL that compares transfers with the journals and holds that account for them. The large comparisons only count; if a
// count does not agree, the reason is looked up afterwards.
import type { Tx } from "../../../runtime/transaction.ts";
import { JOURNAL_KINDS, type Owner, REVERSAL_METADATA } from "../book/journal.ts";
import { type OwnerRow, toOwner } from "../book/owner.ts";
import { type Checkpoint, changedHolds, expectAny, expectMany } from "./verification-store.ts";

export interface TransferCounts {
  readonly count: number;
  /** Transfers with a place in a journal: id .. id + transfer_count - 1. The others can only be captures. */
  readonly inJournals: number;
  /** The first transfer whose sides are not two accounts of one asset. */
  readonly mixedAt: number | null;
}

/**
 * Counts the transfers with ids in (`after`, `upTo`]. Each has an id of its own, so it takes a place of its own in its journal:
 * if as many transfers have a place as there are places, every place is taken.
 */
export async function countTransfers(
  { sql }: Tx,
  { after, upTo }: { after: number; upTo: number },
): Promise<TransferCounts> {
  // A journal's transfers may lie on both sides of `after`: the journal then begins less than 1,000 stamps before it.
  const [row] = await sql<[{ count: bigint; in_journals: bigint; mixed_id: bigint | null }]>`
    SELECT count(*) AS count,
      count(*) FILTER (WHERE t.id = t.journal_id AND t.transfer_count > 0
          OR t.id > j.id AND t.id < j.id + j.transfer_count) AS in_journals,
      min(t.id) FILTER (WHERE (debit.asset_id = credit.asset_id
          AND debit.id <> credit.id) IS NOT TRUE) AS mixed_id
    FROM ledger.transfers t
    LEFT JOIN ledger.transfers j
      ON j.id = t.journal_id AND j.transfer_count > 1 AND j.id > ${after - 1_000} AND j.id <= ${upTo}
    LEFT JOIN ledger.accounts debit ON debit.id = t.debit_account_id
    LEFT JOIN ledger.accounts credit ON credit.id = t.credit_account_id
    WHERE t.id > ${after} AND t.id <= ${upTo}`;
  return {
    count: Number(row.count),
    inJournals: Number(row.in_journals),
    mixedAt: row.mixed_id === null ? null : Number(row.mixed_id),
  };
}

/** How many transfers the journals say they have. */
export async function countPlaces({ sql }: Tx, since: number): Promise<number> {
  const [row] = await sql<[{ places: bigint }]>`
    SELECT coalesce(sum(transfer_count), 0)::bigint AS places FROM ledger.transfers WHERE id > ${since}`;
  return Number(row.places);
}

export interface HoldCounts {
  /** Holds that were captured since the checkpoint, each with its transfer. */
  readonly captures: number;
  /** The first hold that does not agree with its accounts or its capture, or whose id a transfer has as well. */
  readonly wrongAt: number | null;
}

export async function countHolds(tx: Tx, checkpoint: Checkpoint): Promise<HoldCounts> {
  await expectMany(tx, checkpoint);
  // A part is captured by a transfer of any journal that leaves the hold's account.
  const parts = tx.sql`
    SELECT c.hold_id, sum(c.amount) AS amount,
      bool_and((p.amount = c.amount AND p.debit_account_id = held.debit_account_id) IS TRUE) AS agree
    FROM ledger.captures c
    LEFT JOIN ledger.transfers p ON p.id = c.transfer_id
    LEFT JOIN ledger.holds held ON held.id = c.hold_id
    GROUP BY 1`;
  const [row] = await tx.sql<[{ captures: bigint; wrong_id: bigint | null }]>`
    SELECT count(t.id) FILTER (WHERE h.closed_at > ${checkpoint.since}) AS captures,
      min(h.id) FILTER (WHERE (own.id IS NULL
          AND debit.asset_id = credit.asset_id
          AND (h.state = 1) = (h.closed_at IS NULL)
          AND h.captured <= h.amount
          AND coalesce(part.agree, true)
          AND CASE
            WHEN h.state = 2 AND t.id IS NOT NULL
              THEN t.amount + coalesce(part.amount, 0) = h.captured
                AND t.debit_account_id = h.debit_account_id
                AND t.credit_account_id = h.credit_account_id
            WHEN h.state = 2 THEN part.amount = h.captured
            ELSE h.captured = coalesce(part.amount, 0) AND (h.state = 1 OR h.captured = 0)
            END) IS NOT TRUE) AS wrong_id
    FROM ${changedHolds(tx, checkpoint)} AS h
    LEFT JOIN ledger.transfers own ON own.id = h.id
    LEFT JOIN ledger.transfers t ON t.id = h.closed_at AND t.journal_id = h.id AND h.state = 2
    LEFT JOIN (${parts}) AS part ON part.hold_id = h.id
    LEFT JOIN ledger.accounts debit ON debit.id = h.debit_account_id
    LEFT JOIN ledger.accounts credit ON credit.id = h.credit_account_id`;
  await expectAny(tx);
  return { captures: Number(row.captures), wrongAt: row.wrong_id === null ? null : Number(row.wrong_id) };
}

/** The first journal that lacks some of its transfers. */
export async function selectShortJournal(
  { sql }: Tx,
  since: number,
): Promise<{ journalId: number; expected: number; found: number } | undefined> {
  const [row] = await sql<{ id: bigint; expected: number; found: number }[]>`
    SELECT j.id, j.transfer_count AS expected, found.count AS found
    FROM ledger.transfers j
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS count
      FROM ledger.transfers t
      WHERE t.id >= j.id AND t.id < j.id + j.transfer_count AND t.journal_id = j.id) AS found
    WHERE j.id > ${since} AND found.count <> j.transfer_count
    ORDER BY j.id
    LIMIT 1`;
  return row === undefined
    ? undefined
    : { journalId: Number(row.id), expected: row.expected, found: row.found };
}

/** The first transfer that is neither in its place in a journal nor the capture of a hold. */
export async function selectStrayTransfer({ sql }: Tx, since: number) {
  const [row] = await sql<{ id: bigint; journal_id: bigint }[]>`
    SELECT t.id, t.journal_id
    FROM ledger.transfers t
    LEFT JOIN ledger.transfers j ON j.id = t.journal_id
    LEFT JOIN ledger.holds h ON h.id = t.journal_id
    WHERE t.id > ${since}
      AND (t.id >= j.id AND t.id < j.id + j.transfer_count OR h.state = 2 AND h.closed_at = t.id) IS NOT TRUE
    ORDER BY t.id
    LIMIT 1`;
  return row === undefined ? undefined : { transferId: Number(row.id), journalId: Number(row.journal_id) };
}

/** The first reversal that does not mirror its journal: the same amounts, with from and to exchanged. */
export async function selectFalseReversal({ sql }: Tx, since: number) {
  const [row] = await sql<{ journal_id: bigint; reversed_id: bigint }[]>`
    SELECT r.journal_id, r.reversed_id
    FROM ledger.reversals r
    LEFT JOIN ledger.transfers j ON j.id = r.journal_id
    LEFT JOIN ledger.transfers reversed ON reversed.id = r.reversed_id
    LEFT JOIN ledger.holds h ON h.id = r.reversed_id
    WHERE r.journal_id > ${since}
      AND (j.transfer_count IS NULL
        OR coalesce(reversed.transfer_count, h.state) IS NULL
        OR EXISTS (SELECT FROM ledger.reversals again WHERE again.journal_id = r.reversed_id)
        OR (
          SELECT array_agg(ARRAY[t.credit_account_id, t.debit_account_id,
              t.amount] ORDER BY t.credit_account_id, t.debit_account_id, t.amount)
          FROM ledger.transfers t
          WHERE t.id >= j.id AND t.id < j.id + j.transfer_count) IS DISTINCT FROM (
          SELECT array_agg(ARRAY[t.debit_account_id, t.credit_account_id,
              t.amount] ORDER BY t.debit_account_id, t.credit_account_id, t.amount)
          FROM ledger.transfers t
          WHERE t.id >= coalesce(h.closed_at, reversed.id)
            AND t.id < coalesce(h.closed_at, reversed.id) + greatest(reversed.transfer_count, 1)))
    ORDER BY r.journal_id
    LIMIT 1`;
  return row === undefined
    ? undefined
    : { journalId: Number(row.journal_id), reversedId: Number(row.reversed_id) };
}

/** The first reversal of a journal that an order, a payment or a credit note owns: none of their commands reverses journals. */
export async function findOwnedReversal(
  { sql }: Tx,
  since: number,
): Promise<{ journalId: number; reversedId: number; owner: Owner | null } | undefined> {
  const [row] = await sql<({ journal_id: bigint; reversed_id: bigint } & OwnerRow)[]>`
    SELECT r.journal_id, r.reversed_id, reversed.owner_type, reversed.owner_id
    FROM ledger.reversals r
    JOIN ledger.journals reversed ON reversed.id = r.reversed_id
    WHERE r.journal_id > ${since} AND reversed.owner_id IS NOT NULL
    ORDER BY r.journal_id
    LIMIT 1`;
  return row === undefined
    ? undefined
    : { journalId: Number(row.journal_id), reversedId: Number(row.reversed_id), owner: toOwner(row) };
}

/** The first journal written as a reversal without the row that says so: the journal it reversed could be reversed again. */
export async function selectForgottenReversal({ sql }: Tx, since: number): Promise<number | undefined> {
  const { before, after } = REVERSAL_METADATA;
  const [row] = await sql<{ id: bigint }[]>`
    SELECT j.id
    FROM ledger.transfers j
    WHERE j.id > ${since}
      AND j.kind = ${JOURNAL_KINDS.SYSTEM_ADJUSTMENT}
      AND starts_with(j.metadata, ${before})
      AND NOT EXISTS (
        SELECT
        FROM ledger.reversals r
        WHERE r.journal_id = j.id AND j.metadata = ${before} || r.reversed_id::text || ${after})
    ORDER BY j.id
    LIMIT 1`;
  return row === undefined ? undefined : Number(row.id);
}
