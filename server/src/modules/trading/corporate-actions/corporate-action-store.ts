// The SQL of corporate actions.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import { findAccountIdsOfAsset } from "../../ledger/index.ts";
import type { Ratio } from "../positions/move-units.ts";
import type { TradeOrder } from "../trade-orders/trade-order.ts";
import { TRADE_ORDER_COLUMNS, type TradeOrderRow, toTradeOrder } from "../trade-orders/trade-order-store.ts";
import { ACTION_KINDS, type ActionEntry, type ActionKind, type CorporateAction } from "./corporate-action.ts";

interface ActionRow {
  id: bigint;
  reference: string;
  request_hash: string;
  kind: number;
  instrument_id: bigint;
  numerator: bigint | null;
  denominator: bigint | null;
  price: bigint | null;
  old_symbol: string | null;
  new_symbol: string | null;
  reason: string;
  actor_id: string;
  account_count: number;
  order_count: number;
  cash: bigint;
}

const KIND_NAMES: ReadonlyMap<number, ActionKind> = new Map(
  Object.entries(ACTION_KINDS).map(([name, number]) => [number, name as ActionKind]),
);

function toAction(row: ActionRow): CorporateAction {
  const { numerator, denominator, price, reference, reason, cash } = row;
  return {
    ...{ numerator, denominator, price, reference, reason, cash },
    id: Number(row.id),
    requestHash: row.request_hash,
    kind: KIND_NAMES.get(row.kind) ?? "split",
    instrumentId: Number(row.instrument_id),
    oldSymbol: row.old_symbol,
    newSymbol: row.new_symbol,
    actorId: row.actor_id,
    accountCount: row.account_count,
    orderCount: row.order_count,
  };
}

const ACTION_COLUMNS = `id, reference, request_hash, kind, instrument_id, numerator, denominator, price,
  old_symbol, new_symbol, reason, actor_id, account_count, order_count, cash`;

/** By their references: one that was carried out before. Read under the lock of its instrument. */
export const CORPORATE_ACTIONS: RowReader<CorporateAction, string> = {
  kind: "trading.corporate_actions",
  read: async ({ sql }, references) => {
    const rows = await sql<ActionRow[]>`
      SELECT ${sql.unsafe(ACTION_COLUMNS)}
      FROM trading.corporate_actions
      WHERE reference = ANY(${toTextArray(references)}::text[])`.execute();
    return new Map(rows.map((row) => [row.reference, toAction(row)]));
  },
};

const NEW_ACTION_COLUMNS = columnsOf<CorporateAction>({
  id: ["bigint", (action) => action.id],
  reference: ["text", (action) => action.reference],
  request_hash: ["text", (action) => action.requestHash],
  kind: ["smallint", (action) => ACTION_KINDS[action.kind]],
  instrument_id: ["bigint", (action) => action.instrumentId],
  numerator: ["bigint", (action) => action.numerator],
  denominator: ["bigint", (action) => action.denominator],
  price: ["bigint", (action) => action.price],
  old_symbol: ["text", (action) => action.oldSymbol],
  new_symbol: ["text", (action) => action.newSymbol],
  reason: ["text", (action) => action.reason],
  actor_id: ["text", (action) => action.actorId],
  account_count: ["integer", (action) => action.accountCount],
  order_count: ["integer", (action) => action.orderCount],
  cash: ["bigint", (action) => action.cash],
});
const ENTRY_COLUMNS = columnsOf<ActionEntry>({
  action_id: ["bigint", (entry) => entry.actionId],
  asset_account_id: ["bigint", (entry) => entry.assetAccountId],
  units_before: ["bigint", (entry) => entry.unitsBefore],
  units_after: ["bigint", (entry) => entry.unitsAfter],
  cash: ["bigint", (entry) => entry.cash],
  journal_id: ["bigint", (entry) => entry.journalId],
});

export interface KeptAction {
  readonly action: CorporateAction;
  readonly entries: readonly ActionEntry[];
}

/** With its entries, in one statement each. */
export const NEW_ACTIONS: RowWriter<KeptAction> = {
  name: "trading.new_actions",
  write: ({ sql }, kept) => {
    const actions = kept.map(({ action }) => action);
    const entries = kept.flatMap((each) => each.entries);
    return Promise.all([
      sql`INSERT INTO trading.corporate_actions ${NEW_ACTION_COLUMNS.rows(sql, actions)}`.execute(),
      sql`INSERT INTO trading.action_entries ${ENTRY_COLUMNS.rows(sql, entries)}`.execute(),
    ]);
  },
};

/** All open orders of instruments. Covered by the instruments' locks. */
export const OPEN_ORDERS: RowReader<readonly TradeOrder[]> = {
  kind: "trading.open_orders",
  read: async ({ sql }, instrumentIds) => {
    const rows = await sql<TradeOrderRow[]>`
      SELECT ${sql.unsafe(TRADE_ORDER_COLUMNS)}
      FROM trading.orders
      WHERE state < 5 AND instrument_id = ANY(${toArray(instrumentIds)}::bigint[])
      ORDER BY id`.execute();
    const byInstrument = Map.groupBy(rows.map(toTradeOrder), ({ instrumentId }) => instrumentId);
    return new Map(instrumentIds.map((id) => [id, byInstrument.get(id) ?? []]));
  },
};

/** The most accounts that one action may concern. */
export const ACCOUNTS_MAX = 20_000;

/** The customers' accounts of assets, by the asset's id. */
export const ASSET_ACCOUNTS: RowReader<readonly number[]> = {
  kind: "trading.asset_accounts",
  read: async (tx, assetIds) => {
    const found = await Promise.all(
      assetIds.map(async (assetId) => {
        const ids = await findAccountIdsOfAsset(tx, { assetId, afterId: 0, limit: ACCOUNTS_MAX + 1 });
        return [assetId, ids] as const;
      }),
    );
    return new Map(found);
  },
};

export async function selectInstrumentIds(db: Sql, asset: string): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id FROM trading.instruments WHERE asset = ${asset} ORDER BY id`;
  return rows.map(({ id }) => Number(id));
}

interface SplitPrices extends Ratio {
  readonly instrumentId: number;
}

const SPLIT_COLUMNS = columnsOf<SplitPrices>({
  instrument_id: ["bigint", (split) => split.instrumentId],
  numerator: ["numeric", (split) => split.numerator],
  denominator: ["numeric", (split) => split.denominator],
});

/** A price in the units after a split, rounded as `scalePrice` does. */
function splitPrice(column: string): string {
  const rounded = `div(2 * p.${column} * s.denominator + s.numerator, 2 * s.numerator)`;
  return `${column} = greatest(1, ${rounded})::bigint`;
}

/** Recorded quotes and candles of split instruments, in the prices of now. */
export const SPLIT_PRICES: RowWriter<SplitPrices> = {
  name: "trading.split_prices",
  write: ({ sql }, splits) => {
    const updates = [
      ["trading.quotes", ["bid", "ask", "last"]],
      ["trading.candles", ["open", "high", "low", "close"]],
    ] as const;
    return Promise.all(
      updates.map(([table, prices]) =>
        sql`
          UPDATE ${sql.unsafe(table)} p
          SET ${sql.unsafe(prices.map(splitPrice).join(", "))}
          FROM unnest(${SPLIT_COLUMNS.arrays(sql, splits)}) AS s (${SPLIT_COLUMNS.names(sql)})
          WHERE p.instrument_id = s.instrument_id`.execute(),
      ),
    );
  },
};

interface NewSymbol {
  readonly instrumentId: number;
  readonly before: string;
  readonly symbol: string;
  /** Stamp. */
  readonly at: number;
}

export const NEW_SYMBOLS: RowWriter<NewSymbol> = {
  name: "trading.new_symbols",
  write: ({ sql }, changes) =>
    Promise.all(
      changes.flatMap(({ instrumentId, before, symbol, at }) => [
        sql`UPDATE trading.instruments SET symbol = ${symbol} WHERE id = ${instrumentId}`.execute(),
        sql`DELETE FROM trading.earlier_symbols
          WHERE symbol = ${symbol} AND instrument_id = ${instrumentId}`.execute(),
        sql`
          INSERT INTO trading.earlier_symbols (symbol, instrument_id, until)
          VALUES (${before}, ${instrumentId}, ${at})`.execute(),
      ]),
    ),
};

/** Whose the symbol is, or was. */
export async function selectSymbolOwner(db: Sql, symbol: string): Promise<number | undefined> {
  const [row] = await db<{ id: bigint }[]>`
    SELECT id FROM trading.instruments WHERE symbol = ${symbol}
    UNION ALL
    SELECT instrument_id FROM trading.earlier_symbols WHERE symbol = ${symbol}
    LIMIT 1`;
  return row === undefined ? undefined : Number(row.id);
}

export type ActionFilter = PageFilter<{ instrumentId: number }>;

/** Newest first. */
export async function selectActions(db: Sql, filter: ActionFilter): Promise<CorporateAction[]> {
  const { instrumentId, cursor = Number.MAX_SAFE_INTEGER, limit } = filter;
  const rows = await db<ActionRow[]>`
    SELECT ${db.unsafe(ACTION_COLUMNS)}
    FROM trading.corporate_actions
    WHERE id < ${cursor}
      ${instrumentId === undefined ? db`` : db`AND instrument_id = ${instrumentId}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return rows.map(toAction);
}
