// The SQL of stocktakes.
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
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

export function insertStocktakes({ sql }: Tx, rows: readonly StocktakeRow[]): Promise<unknown> {
  const lines = rows.flatMap(({ id, items }) => items.map((item) => ({ stocktakeId: id, ...item })));
  return sql`
    WITH counts AS (
      INSERT INTO inventory.stocktakes (id, location_id, actor_id, reference)
      SELECT * FROM unnest(${toArray(rows.map((r) => r.id))}::bigint[], ${toArray(rows.map((r) => r.locationId))}::integer[],
                           ${toTextArray(rows.map((r) => r.actorId))}::text[], ${toTextArray(rows.map((r) => r.reference))}::text[]))
    INSERT INTO inventory.stocktake_lines (stocktake_id, product_id, counted, expected, journal_id)
    SELECT * FROM unnest(${toArray(lines.map((l) => l.stocktakeId))}::bigint[], ${toArray(lines.map((l) => l.product_id))}::bigint[],
                         ${toArray(lines.map((l) => l.counted))}::bigint[], ${toArray(lines.map((l) => l.expected))}::bigint[],
                         ${toArray(lines.map((l) => (l.movement_id === null ? null : Number(l.movement_id))))}::bigint[])`.execute();
}
