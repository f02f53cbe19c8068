// The SQL of positions. At the desk, the lock of the account also covers the position.
import type { Sql } from "../../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import type { Position } from "./position.ts";

interface PositionRow {
  asset_account_id: bigint;
  currency: string;
  asset: string;
  owner_id: string;
  quantity: bigint;
  cost: bigint;
  realized: bigint;
  fees: bigint;
  version: number;
}

function toPosition(row: PositionRow): Position {
  const { asset_account_id, owner_id: ownerId, ...rest } = row;
  return { ...rest, ownerId, assetAccountId: Number(asset_account_id) };
}

/** The positions of accounts, one for each currency. */
export const POSITIONS: RowReader<readonly Position[]> = {
  kind: "trading.positions",
  read: async ({ sql }, ids) => {
    const rows = await sql<PositionRow[]>`
      SELECT asset_account_id, currency, asset, owner_id, quantity, cost, realized, fees, version
      FROM trading.positions
      WHERE asset_account_id = ANY(${toArray(ids)}::bigint[])`.execute();
    return Map.groupBy(rows.map(toPosition), ({ assetAccountId }) => assetAccountId);
  },
};

const KEYS: ColumnTable<Position> = {
  asset_account_id: ["bigint", (position) => position.assetAccountId],
  currency: ["text", (position) => position.currency],
  asset: ["text", (position) => position.asset],
  owner_id: ["text", (position) => position.ownerId],
};
const SUMS: ColumnTable<Position> = {
  quantity: ["bigint", (position) => position.quantity],
  cost: ["bigint", (position) => position.cost],
  realized: ["bigint", (position) => position.realized],
  fees: ["bigint", (position) => position.fees],
  version: ["integer", (position) => position.version],
};
const COLUMNS = columnsOf<Position>({ ...KEYS, ...SUMS });
const SUM_COLUMNS = columnsOf<Position>(SUMS);

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

export type PositionFilter = PageFilter<{ ownerId: string; asset: string }>;

/** By account. */
export async function selectPositions(db: Sql, filter: PositionFilter): Promise<Position[]> {
  const { ownerId, asset, cursor = 0, limit } = filter;
  const rows = await db<PositionRow[]>`
    SELECT asset_account_id, currency, asset, owner_id, quantity, cost, realized, fees, version
    FROM trading.positions
    WHERE asset_account_id > ${cursor}
      ${ownerId === undefined ? db`` : db`AND owner_id = ${ownerId}`}
      ${asset === undefined ? db`` : db`AND asset = ${asset}`}
    ORDER BY asset_account_id, currency
    LIMIT ${limit}`;
  return rows.map(toPosition);
}
