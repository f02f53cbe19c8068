// Finds flagged transactions, newest first, a page at a time.

import type { Sql } from "../../runtime/database.ts";
import type { PageFilter } from "../../values/filter.ts";
import { type Page, toPage } from "../../values/page.ts";
import * as store from "./store.ts";

export type FlagQuery = PageFilter<{
  accountId: number;
  transactionId: number;
  rule: string;
}>;

export interface Flag {
  readonly id: number;
  readonly transactionId: number;
  readonly accountId: number;
  readonly rule: string;
  readonly reason: string;
  readonly blocked: boolean;
  readonly flaggedAt: Date;
}

export async function findFlags(db: Sql, query: FlagQuery): Promise<Page<Flag>> {
  const { cursor = Number.MAX_SAFE_INTEGER, limit } = query;
  const found = await store.selectFlags(db, { ...query, beforeId: cursor, limit: limit + 1 });
  return toPage(found, limit, ({ id }) => id);
}
