// The SQL of stocktakes.
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface StocktakeRow {
  /** Stamp. */
  readonly id: number;
  readonly locationId: number;
  readonly actorId: string;
  readonly reference: string | null;
  readonly items: readonly {
    readonly product_id: number;
    readonly counted: number;
    readonly expected: number;
    readonly movement_id: string | null;
  }[];
}

const STOCKTAKE_COLUMNS = columnsOf<StocktakeRow>({
  id: ["bigint", (row) => row.id],
  location_id: ["integer", (row) => row.locationId],
  actor_id: ["text", (row) => row.actorId],
  reference: ["text", (row) => row.reference],
});

interface NewLine {
  readonly stocktakeId: number;
  readonly item: StocktakeRow["items"][number];
}

const LINE_COLUMNS = columnsOf<NewLine>({
  stocktake_id: ["bigint", ({ stocktakeId }) => stocktakeId],
  product_id: ["bigint", ({ item }) => item.product_id],
  counted: ["bigint", ({ item }) => item.counted],
  expected: ["bigint", ({ item }) => item.expected],
  journal_id: ["bigint", ({ item }) => (item.movement_id === null ? null : Number(item.movement_id))],
});

export function insertStocktakes({ sql }: Tx, rows: readonly StocktakeRow[]): Promise<unknown> {
  const lines = rows.flatMap(({ id, items }) => items.map((item) => ({ stocktakeId: id, item })));
  return sql`
    WITH counts AS (
      INSERT INTO inventory.stocktakes ${STOCKTAKE_COLUMNS.rows(sql, rows)})
    INSERT INTO inventory.stocktake_lines ${LINE_COLUMNS.rows(sql, lines)}`.execute();
}
