// The SQL of positions and their lots. At the desk, the lock of the account also covers its positions and lots.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { selectRatesTo } from "../../banking/index.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import { BASES, type Basis, type Lot, type LotUse, type Position } from "./position.ts";

interface PositionRow {
  asset_account_id: bigint;
  currency: string;
  asset: string;
  owner_id: string;
  quantity: bigint;
  cost: bigint;
  cost_reporting: bigint | null;
  realized: bigint;
  realized_reporting: bigint | null;
  currency_gain: bigint | null;
  fees: bigint;
  pooled_until: bigint;
  pooled_quantity: bigint;
  pooled_cost: bigint;
  pooled_reporting: bigint | null;
  version: number;
}

function toPosition(row: PositionRow): Position {
  return {
    assetAccountId: Number(row.asset_account_id),
    currency: row.currency,
    asset: row.asset,
    ownerId: row.owner_id,
    quantity: row.quantity,
    cost: row.cost,
    costReporting: row.cost_reporting,
    realized: row.realized,
    realizedReporting: row.realized_reporting,
    currencyGain: row.currency_gain,
    fees: row.fees,
    pooledUntil: Number(row.pooled_until),
    pooledQuantity: row.pooled_quantity,
    pooledCost: row.pooled_cost,
    pooledReporting: row.pooled_reporting,
    version: row.version,
  };
}

const KEYS: ColumnTable<Position> = {
  asset_account_id: ["bigint", (position) => position.assetAccountId],
  currency: ["text", (position) => position.currency],
  owner_id: ["text", (position) => position.ownerId],
};
const SUMS: ColumnTable<Position> = {
  asset: ["text", (position) => position.asset],
  quantity: ["bigint", (position) => position.quantity],
  cost: ["bigint", (position) => position.cost],
  cost_reporting: ["bigint", (position) => position.costReporting],
  realized: ["bigint", (position) => position.realized],
  realized_reporting: ["bigint", (position) => position.realizedReporting],
  currency_gain: ["bigint", (position) => position.currencyGain],
  fees: ["bigint", (position) => position.fees],
  pooled_until: ["bigint", (position) => position.pooledUntil],
  pooled_quantity: ["bigint", (position) => position.pooledQuantity],
  pooled_cost: ["bigint", (position) => position.pooledCost],
  pooled_reporting: ["bigint", (position) => position.pooledReporting],
  version: ["integer", (position) => position.version],
};
const COLUMNS = columnsOf<Position>({ ...KEYS, ...SUMS });
const SUM_COLUMNS = columnsOf<Position>(SUMS);

interface LotRow {
  id: bigint;
  asset_account_id: bigint;
  currency: string;
  bought: boolean;
  acquired_at: bigint;
  quantity: bigint;
  remaining: bigint;
  cost: bigint;
  rate: string | null;
  cost_reporting: bigint | null;
}

function toLot(row: LotRow): Lot {
  const { asset_account_id, acquired_at, bought: isBought, cost_reporting: costReporting, ...rest } = row;
  return {
    ...rest,
    id: Number(row.id),
    assetAccountId: Number(asset_account_id),
    isBought,
    acquiredAt: Number(acquired_at),
    costReporting,
  };
}

const CHANGING_LOT: ColumnTable<Lot> = {
  quantity: ["bigint", (lot) => lot.quantity],
  remaining: ["bigint", (lot) => lot.remaining],
  cost: ["bigint", (lot) => lot.cost],
  cost_reporting: ["bigint", (lot) => lot.costReporting],
};
const LOT_COLUMNS = columnsOf<Lot>({
  id: ["bigint", (lot) => lot.id],
  asset_account_id: ["bigint", (lot) => lot.assetAccountId],
  currency: ["text", (lot) => lot.currency],
  bought: ["boolean", (lot) => lot.isBought],
  acquired_at: ["bigint", (lot) => lot.acquiredAt],
  rate: ["numeric", (lot) => lot.rate],
  ...CHANGING_LOT,
});
const CHANGING_LOT_COLUMNS = columnsOf<Lot>(CHANGING_LOT);

/** How gains are counted. */
export interface GainSettings {
  readonly reportingCurrency: string;
  readonly basis: Basis;
}

/** All that a trade on an account of an asset must know to count its cost and gain. */
export interface AccountPositions {
  /** One for each currency. */
  readonly positions: readonly Position[];
  /** Open lots, the oldest acquired first. */
  readonly lots: readonly Lot[];
  readonly settings: GainSettings;
  /** The latest exchange rates to the reporting currency, by currency; of itself it is 1. */
  readonly rates: ReadonlyMap<string, string>;
}

/** Positions by their accounts: also of an account that has none yet. */
export const POSITIONS: RowReader<AccountPositions> = {
  kind: "trading.positions",
  read: async ({ sql }, ids) => {
    const [positions, lots, { settings, rates }] = await Promise.all([
      selectPositionsOf(sql, ids),
      selectOpenLots(sql, ids),
      selectGainSettings(sql),
    ]);
    const ofAccount = Map.groupBy(positions, ({ assetAccountId }) => assetAccountId);
    const lotsOf = Map.groupBy(lots, ({ assetAccountId }) => assetAccountId);
    const rowOf = (id: number) => ({
      positions: ofAccount.get(id) ?? [],
      lots: lotsOf.get(id) ?? [],
      ...{ settings, rates },
    });
    return new Map(ids.map((id) => [id, rowOf(id)]));
  },
};

const POSITION_COLUMNS = `asset_account_id, currency, asset, owner_id, quantity, cost, cost_reporting,
  realized, realized_reporting, currency_gain, fees, pooled_until, pooled_quantity, pooled_cost,
  pooled_reporting, version`;

async function selectPositionsOf(sql: AnySql, ids: readonly number[]): Promise<Position[]> {
  const rows = await sql<PositionRow[]>`
    SELECT ${sql.unsafe(POSITION_COLUMNS)}
    FROM trading.positions
    WHERE asset_account_id = ANY(${toArray(ids)}::bigint[])`.execute();
  return rows.map(toPosition);
}

/** The oldest acquired first. */
export async function selectOpenLots(sql: AnySql, accountIds: readonly number[]): Promise<Lot[]> {
  const rows = await sql<LotRow[]>`
    SELECT id, asset_account_id, currency, bought, acquired_at, quantity, remaining, cost, rate::text,
      cost_reporting
    FROM trading.lots
    WHERE asset_account_id = ANY(${toArray(accountIds)}::bigint[]) AND remaining > 0
    ORDER BY asset_account_id, acquired_at, id`.execute();
  return rows.map(toLot);
}

/** With the latest rates of the currencies that are traded. */
export async function selectGainSettings(sql: AnySql): Promise<Pick<AccountPositions, "settings" | "rates">> {
  const [row] = await sql<{ reporting_currency: string; basis: number; currencies: string[] }[]>`
    SELECT s.reporting_currency, s.basis, ARRAY(
        SELECT DISTINCT i.currency
        FROM trading.instruments i
        WHERE i.currency <> s.reporting_currency) AS currencies
    FROM trading.settings s`.execute();
  if (row === undefined) throw new Error("trading has no settings");
  const { reporting_currency: reportingCurrency, currencies } = row;
  const found = currencies.length === 0 ? [] : await selectRatesTo(sql, reportingCurrency, currencies);
  return {
    settings: { reportingCurrency, basis: row.basis === BASES.fifo ? "fifo" : "average" },
    rates: new Map([...found, [reportingCurrency, "1"]]),
  };
}

/** Where several commands of a batch changed one, the last has seen the changes of the others. */
export const SAVED_POSITIONS: RowWriter<Position> = {
  name: "trading.saved_positions",
  write: ({ sql }, positions) => {
    const byKey = new Map(positions.map((each) => [`${each.assetAccountId} ${each.currency}`, each]));
    return sql`
      INSERT INTO trading.positions ${COLUMNS.rows(sql, [...byKey.values()])}
      ON CONFLICT (asset_account_id, currency) DO UPDATE
      SET ${SUM_COLUMNS.assignments(sql, "excluded")}`.execute();
  },
};

/** As positions are saved. */
export const SAVED_LOTS: RowWriter<Lot> = {
  name: "trading.saved_lots",
  write: ({ sql }, lots) => {
    const last = [...new Map(lots.map((lot) => [lot.id, lot])).values()];
    return sql`
      INSERT INTO trading.lots ${LOT_COLUMNS.rows(sql, last)}
      ON CONFLICT (id) DO UPDATE
      SET ${CHANGING_LOT_COLUMNS.assignments(sql, "excluded")}`.execute();
  },
};

export interface KeptUse extends LotUse {
  /** The execution, or the movement. */
  readonly usedBy: number;
}

const USE_COLUMNS = columnsOf<KeptUse>({
  used_by: ["bigint", (use) => use.usedBy],
  lot_id: ["bigint", (use) => use.lotId],
  quantity: ["bigint", (use) => use.quantity],
  cost: ["bigint", (use) => use.cost],
  cost_reporting: ["bigint", (use) => use.costReporting],
});

export const NEW_LOT_USES: RowWriter<KeptUse> = {
  name: "trading.new_lot_uses",
  write: ({ sql }, uses) => sql`INSERT INTO trading.lot_uses ${USE_COLUMNS.rows(sql, uses)}`.execute(),
};

export type PositionFilter = PageFilter<{ ownerId: string; asset: string }>;

/** By account. */
export async function selectPositions(db: Sql, filter: PositionFilter): Promise<Position[]> {
  const { ownerId, asset, cursor = 0, limit } = filter;
  const rows = await db<PositionRow[]>`
    SELECT ${db.unsafe(POSITION_COLUMNS)}
    FROM trading.positions
    WHERE asset_account_id > ${cursor}
      ${ownerId === undefined ? db`` : db`AND owner_id = ${ownerId}`}
      ${asset === undefined ? db`` : db`AND asset = ${asset}`}
    ORDER BY asset_account_id, currency
    LIMIT ${limit}`;
  return rows.map(toPosition);
}

/** Sets how gains are counted. Returns the reporting currency: from the first execution on it stays as it was. */
export async function saveGainSettings(db: Sql, { reportingCurrency, basis }: GainSettings): Promise<string> {
  const [row] = await db<{ reporting_currency: string }[]>`
    UPDATE trading.settings
    SET basis = ${BASES[basis]}, reporting_currency = CASE
        WHEN EXISTS (SELECT FROM trading.executions) OR EXISTS (SELECT FROM trading.lots)
          THEN reporting_currency
        ELSE ${reportingCurrency} END
    RETURNING reporting_currency`;
  if (row === undefined) throw new Error("trading has no settings");
  return row.reporting_currency;
}

export type LotFilter = PageFilter<{
  ownerId: string;
  asset: string;
  assetAccountId: number;
  isOpen: boolean;
}>;

interface LotOfPositionRow extends LotRow, Omit<PositionRow, keyof LotRow> {
  position_quantity: bigint;
  position_cost: bigint;
  position_cost_reporting: bigint | null;
}

/** With their positions; in the order of their ids. */
export async function selectLots(db: Sql, filter: LotFilter): Promise<{ lot: Lot; position: Position }[]> {
  const { ownerId, asset, assetAccountId, isOpen, cursor = 0, limit } = filter;
  const rows = await db<LotOfPositionRow[]>`
    SELECT l.id, l.asset_account_id, l.currency, l.bought, l.acquired_at, l.quantity, l.remaining, l.cost,
      l.rate::text, l.cost_reporting, p.asset, p.owner_id, p.quantity AS position_quantity,
      p.cost AS position_cost, p.cost_reporting AS position_cost_reporting, p.realized, p.realized_reporting,
      p.currency_gain, p.fees, p.pooled_until, p.pooled_quantity, p.pooled_cost, p.pooled_reporting, p.version
    FROM trading.positions p
    JOIN trading.lots l ON l.asset_account_id = p.asset_account_id AND l.currency = p.currency
    WHERE l.id > ${cursor}
      ${ownerId === undefined ? db`` : db`AND p.owner_id = ${ownerId}`}
      ${asset === undefined ? db`` : db`AND p.asset = ${asset}`}
      ${assetAccountId === undefined ? db`` : db`AND p.asset_account_id = ${assetAccountId}`}
      ${isOpen === undefined ? db`` : isOpen ? db`AND l.remaining > 0` : db`AND l.remaining = 0`}
    ORDER BY l.id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    lot: toLot(row),
    position: toPosition({
      ...row,
      ...{ quantity: row.position_quantity, cost: row.position_cost },
      cost_reporting: row.position_cost_reporting,
    }),
  }));
}
