// How much rests in a book at its best prices, as it is committed.
import type { Sql } from "../../../runtime/database.ts";
import { type Depth, selectDepth } from "./book-store.ts";

export type { Depth, DepthLevel } from "./book-store.ts";

/** Best prices first. Empty for an instrument without a book. No locks. */
export function findDepth(db: Sql, instrumentId: number, levels: number): Promise<Depth> {
  return selectDepth(db, { instrumentId, levels });
}
