// The SQL of books: what a process reads of them under their instruments' locks, the count of their changes, and their depth.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import { SIDES } from "../trade-orders/trade-order.ts";

/** How far a book is: its count of changes, and the stamp of the last one, which no change that was undone has. */
export interface BookHead {
  readonly id: number;
  readonly seq: number;
  readonly stamp: number;
  readonly tick: bigint;
  readonly lot: bigint;
}

export async function selectBookHeads({ sql }: Tx, ids: readonly number[]): Promise<BookHead[]> {
  const rows = await sql<{ id: bigint; seq: bigint; stamp: bigint; tick: bigint; lot: bigint }[]>`
    SELECT id, book_seq AS seq, book_stamp AS stamp, tick, lot
    FROM trading.instruments
    WHERE id = ANY(${toArray(ids)}::bigint[])`.execute();
  return rows.map(({ id, seq, stamp, ...grid }) => ({
    ...grid,
    id: Number(id),
    seq: Number(seq),
    stamp: Number(stamp),
  }));
}

/** An order as its book sees it; `priority` is null where it is not in the book any more. */
export interface BookRow {
  readonly id: bigint;
  readonly instrument_id: bigint;
  readonly owner_id: string;
  readonly cash_account_id: bigint;
  readonly asset_account_id: bigint;
  readonly hold_id: bigint | null;
  readonly side: number;
  readonly limit_price: bigint | null;
  readonly remaining: bigint;
  readonly expires_at: bigint | null;
  readonly session: number | null;
  readonly priority: bigint | null;
}

const COLUMNS = `o.id, o.instrument_id, o.owner_id, o.cash_account_id, o.asset_account_id, o.hold_id, o.side,
  o.limit_price, o.quantity - o.filled AS remaining, o.expires_at, o.session, o.priority`;

/** In the order of their priorities. */
export async function selectRestingOrders({ sql }: Tx, ids: readonly number[]): Promise<BookRow[]> {
  if (ids.length === 0) return [];
  return sql<BookRow[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM trading.orders o
    WHERE o.instrument_id = ANY(${toArray(ids)}::bigint[]) AND o.priority IS NOT NULL
    ORDER BY o.priority`.execute();
}

/** Orders that changed later than the given change of their book, in the order of their priorities. */
export async function selectChangedOrders(
  { sql }: Tx,
  known: readonly { readonly id: number; readonly seq: number }[],
): Promise<BookRow[]> {
  if (known.length === 0) return [];
  const [ids, seqs] = [toArray(known.map(({ id }) => id)), toArray(known.map(({ seq }) => seq))];
  return sql<BookRow[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM unnest(${ids}::bigint[], ${seqs}::bigint[]) AS k (id, seq)
    JOIN trading.orders o ON o.instrument_id = k.id AND o.book_seq > k.seq
    ORDER BY o.priority`.execute();
}

const HEAD_COLUMNS = columnsOf<Pick<BookHead, "id" | "seq" | "stamp">>({
  id: ["bigint", (head) => head.id],
  book_seq: ["bigint", (head) => head.seq],
  book_stamp: ["bigint", (head) => head.stamp],
});

/** Counts the changes of books; where several commands changed one, the last has seen the others. */
export const BOOK_HEADS: RowWriter<Pick<BookHead, "id" | "seq" | "stamp">> = {
  name: "trading.book_heads",
  write: ({ sql }, heads) => {
    const last = [...new Map(heads.map((head) => [head.id, head])).values()];
    return sql`
      UPDATE trading.instruments i
      SET book_seq = n.book_seq, book_stamp = n.book_stamp
      FROM unnest(${HEAD_COLUMNS.arrays(sql, last)}) AS n (${HEAD_COLUMNS.names(sql)})
      WHERE i.id = n.id`.execute();
  },
};

export interface DepthLevel {
  /** Billionths. */
  readonly price: bigint;
  readonly quantity: bigint;
  readonly orders: number;
}

export interface Depth {
  /** Counts the changes of the book. */
  readonly seq: number;
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

/** The best levels of a book, as it is committed: one statement, so one moment. Walks only these levels, by their index. */
export async function selectDepth(
  db: Sql,
  { instrumentId, levels }: { readonly instrumentId: number; readonly levels: number },
): Promise<Depth> {
  const best = (side: "buy" | "sell") => db`
    SELECT limit_price, sum(quantity - filled)::bigint AS quantity, count(*)::int AS orders
    FROM trading.orders
    WHERE instrument_id = ${instrumentId} AND side = ${SIDES[side]} AND priority IS NOT NULL
    GROUP BY limit_price
    ORDER BY limit_price ${side === "buy" ? db`DESC` : db`ASC`}
    LIMIT ${levels}`;
  const rows = await db<
    { seq: bigint; side: number; price: bigint | null; quantity: bigint; orders: number }[]
  >`
    SELECT i.book_seq AS seq, l.side, l.limit_price AS price, l.quantity, l.orders
    FROM trading.instruments i
    LEFT JOIN (
      SELECT ${SIDES.buy}::int AS side, b.limit_price, b.quantity, b.orders
      FROM (${best("buy")}) AS b
      UNION ALL
      SELECT ${SIDES.sell}, s.limit_price, s.quantity, s.orders
      FROM (${best("sell")}) AS s) AS l ON true
    WHERE i.id = ${instrumentId}`;
  const of = (side: number) =>
    rows.flatMap((row) =>
      row.side === side && row.price !== null
        ? [{ price: row.price, quantity: row.quantity, orders: row.orders }]
        : [],
    );
  return { seq: Number(rows[0]?.seq ?? 0), bids: of(SIDES.buy), asks: of(SIDES.sell) };
}

/** Trades of a book that were not shown as quotes, in their order, and up to which change they were. */
export async function selectUnshownTrades(
  db: Sql,
  { instrumentId, limit }: { readonly instrumentId: number; readonly limit: number },
): Promise<{ shown: number; trades: { seq: number; price: bigint }[] }> {
  const rows = await db<{ shown: bigint; seq: bigint | null; price: bigint }[]>`
    SELECT i.quoted_seq AS shown, t.seq, t.price
    FROM trading.instruments i
    LEFT JOIN LATERAL (
      SELECT e.book_seq AS seq, e.price
      FROM trading.executions e
      WHERE e.instrument_id = i.id AND e.book_seq > i.quoted_seq AND e.is_maker
      ORDER BY e.book_seq, e.id
      LIMIT ${limit}) AS t ON true
    WHERE i.id = ${instrumentId}
    ORDER BY t.seq`;
  const trades = rows.flatMap(({ seq, price }) => (seq === null ? [] : [{ seq: Number(seq), price }]));
  return { shown: Number(rows[0]?.shown ?? 0), trades };
}

/** Books with trades that were not shown as quotes. */
export async function selectBooksToShow(db: Sql, limit: number): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT i.id
    FROM trading.instruments i
    WHERE i.book_seq > i.quoted_seq
      AND EXISTS (
        SELECT FROM trading.executions e WHERE e.instrument_id = i.id AND e.book_seq > i.quoted_seq)
    ORDER BY i.id
    LIMIT ${limit}`;
  return rows.map(({ id }) => Number(id));
}

/** By instrument, under its lock: the change up to which its trades were shown. */
export const SHOWN_SEQS: RowReader<number> = {
  kind: "trading.books",
  read: async ({ sql }, ids) => {
    const rows = await sql<{ id: bigint; seq: bigint }[]>`
      SELECT id, quoted_seq AS seq
      FROM trading.instruments
      WHERE id = ANY(${toArray(ids)}::bigint[])`.execute();
    return new Map(rows.map(({ id, seq }) => [Number(id), Number(seq)]));
  },
};

export const QUOTED_SEQS: RowWriter<Pick<BookHead, "id" | "seq">> = {
  name: "trading.quoted_seqs",
  write: ({ sql }, heads) => {
    const last = new Map(heads.map(({ id, seq }) => [id, seq]));
    const [ids, seqs] = [toArray([...last.keys()]), toArray([...last.values()])];
    return sql`
      UPDATE trading.instruments i
      SET quoted_seq = n.seq
      FROM unnest(${ids}::bigint[], ${seqs}::bigint[]) AS n (id, seq)
      WHERE i.id = n.id`.execute();
  },
};
