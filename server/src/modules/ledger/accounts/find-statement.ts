// Reads a customer account's statement: opening and closing balance of a time range, and its entries a page at a time.
import type { Sql } from "../../../runtime/database.ts";
import { JOURNAL_KINDS, type JournalKind, nameOf } from "../book/journal.ts";
import { ledgerError } from "../errors.ts";
import { selectClock } from "./balance-store.ts";
import { settleAccount } from "./settle-account.ts";
import { type EntryDirection, type StatementRow, selectStatement } from "./statement-store.ts";

export interface StatementQuery {
  readonly accountId: number;
  /** Stamps, half-open: `from` is included, `to` is not. Default: everything. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly order: "asc" | "desc";
  /** The last entry of the previous page. */
  readonly cursor?: number | undefined;
  readonly limit: number;
  /** Also what trade orders set aside and what was given back; default: only what moved. */
  readonly isWithHolds?: boolean | undefined;
}

export interface StatementEntry {
  /** The transfer's id; of a hold its own id, and the stamp of its end where it is given back. */
  readonly id: number;
  readonly transactionId: number;
  readonly type: JournalKind;
  /** `hold` and `release` leave the balance as it is: an order sets something aside, and the rest of it is given back. */
  readonly direction: EntryDirection;
  readonly amount: bigint;
  readonly balanceAfter: bigint;
  /** Null where the other side is a system account. */
  readonly counterpartyId: number | null;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
}

export interface Statement {
  /** Balance before `from`. */
  readonly openingBalance: bigint;
  /** Balance before `to`; without `to` the balance now. */
  readonly closingBalance: bigint;
  readonly entries: readonly StatementEntry[];
  readonly nextCursor: number | undefined;
}

/** Larger than every id that will ever be given. */
const FOREVER = Number.MAX_SAFE_INTEGER;

/**
 * One page of a statement. Pages neither skip nor repeat an entry, whatever is booked meanwhile; a page is shorter than `limit`
 * where other holds were placed or ended in between. A range in the past always
 * reads the same: like `getBalance`, this waits for batches that may still book something in it.
 * @throws AppError `not_found/account_not_found`
 */
export async function findStatement(db: Sql, query: StatementQuery): Promise<Statement> {
  const { accountId, cursor, limit, order } = query;
  const range = { from: query.from ?? 0, to: await settleEnd(db, query) };
  const rows = await selectStatement(
    db,
    {
      accountId,
      ...range,
      pageFrom: order === "asc" && cursor !== undefined ? Math.max(range.from, cursor + 1) : range.from,
      pageTo: order === "desc" && cursor !== undefined ? Math.min(range.to, cursor) : range.to,
      limit: limit + 1,
      isWithHolds: query.isWithHolds === true,
    },
    order,
  );
  const page = cutPage(rows, limit);
  return {
    openingBalance: BigInt(rows[0]?.opening ?? 0),
    closingBalance: BigInt(rows[0]?.closing ?? 0),
    entries: page.flatMap(toEntry),
    nextCursor: page.length < rows.length ? Number(page.at(-1)?.id) : undefined,
  };
}

/** The last part of a hold and the rest given back have one stamp: they stand on one page, which is one longer then. */
function cutPage(rows: readonly StatementRow[], limit: number): readonly StatementRow[] {
  const isSplit = rows.length > limit && rows[limit]?.id === rows[limit - 1]?.id;
  return rows.slice(0, isSplit ? limit + 1 : limit);
}

/** Where the range ends; an end in the future counts as no end. */
async function settleEnd(db: Sql, { accountId, to }: StatementQuery): Promise<number> {
  const clock = await selectClock(db, accountId);
  if (clock === undefined) throw ledgerError("account_not_found", { account_id: String(accountId) });
  if (to === undefined || to > clock.now) return FOREVER;
  await settleAccount(db, accountId, { at: to, field: "to" });
  return to;
}

/** Of holds, only those of trade orders are told. */
function toEntry(row: StatementRow): StatementEntry[] {
  if (row.id === null) return [];
  const isRelease = row.direction === "release";
  if ((isRelease || row.direction === "hold") && row.owner_type !== "trade_order") return [];
  return [
    {
      id: Number(row.id),
      transactionId: Number(row.journal_id),
      type: isRelease ? "ORDER_REFUND" : nameOf(JOURNAL_KINDS, row.kind),
      direction: row.direction,
      amount: row.amount,
      balanceAfter: row.balance_after,
      counterpartyId: row.counterparty_id === null ? null : Number(row.counterparty_id),
      reference: row.reference,
      metadata: row.metadata,
    },
  ];
}
