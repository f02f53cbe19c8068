// Watches how batches change stock and acts on it after their commit, so batches need not wait: raises and closes alerts of
// low stock, and tells the catalog what is in stock. A product that is sold a thousand times in a second is looked at
// once. If a process is killed before it has looked at a change, `sweepStock` finds the change.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { appendEvents } from "../../jobs/index.ts";
import { type ProductStock, readLevels } from "../stock/find-stock.ts";
import type { StockDirectory } from "../stock/stock-directory.ts";
import * as store from "../stock/stock-store.ts";

/** What orders may take of a product, for a module that keeps a copy to search by. */
export interface Availability {
  readonly productId: number;
  readonly available: number;
}

export interface WatchOptions {
  readonly db: Sql;
  readonly log: Log;
  readonly directory: Pick<StockDirectory, "refresh">;
  /** Writes that copy, in the transaction of the alerts. */
  readonly noteAvailability?: ((tx: Tx, rows: readonly Availability[]) => Promise<unknown>) | undefined;
}

export interface StockWatch {
  /** Reports stock accounts whose sums a commit has changed. */
  readonly notice: (accountIds: readonly number[]) => void;
  /** Looks at the accounts reported so far, then stops. */
  readonly stop: () => Promise<void>;
}

const EVERY_MS = 500;
const PRODUCTS_PER_LOOK = 500;

export function startStockWatch(options: WatchOptions): StockWatch {
  const { log, directory } = options;
  let noticed = new Set<number>();

  async function look(): Promise<number> {
    const accountIds = [...noticed];
    noticed = new Set();
    try {
      await directory.refresh();
      await lookAtAccounts(options, accountIds);
    } catch (error) {
      for (const id of accountIds) noticed.add(id);
      throw error;
    }
    return EVERY_MS;
  }

  function tell(error: unknown): number {
    log.warn({ err: error }, "alerts of low stock wait: the database could not be reached");
    return EVERY_MS;
  }

  const worker = startWorker({ pass: look, onFailure: tell });
  return {
    notice: (accountIds) => {
      for (const id of accountIds) noticed.add(id);
    },
    stop: async () => {
      await worker.stop();
      if (noticed.size > 0) await look().catch(tell);
    },
  };
}

async function lookAtAccounts(options: WatchOptions, accountIds: readonly number[]): Promise<void> {
  for (let from = 0; from < accountIds.length; from += PRODUCTS_PER_LOOK) {
    const part = accountIds.slice(from, from + PRODUCTS_PER_LOOK);
    await inTransaction(options.db, async (tx) =>
      lookAtProducts(tx, await store.selectProductsOf(tx, part), options.noteAvailability),
    );
  }
}

/** Looks at all stock, part by part: a scheduled task. Returns how many products it looked at. */
export async function sweepStock(
  { db, noteAvailability }: Pick<WatchOptions, "db" | "noteAvailability">,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0;
  for (let afterId = 0; signal?.aborted !== true; ) {
    const ids = await inTransaction(db, async (tx) => {
      const items = await store.selectItems(tx, { afterId, limit: PRODUCTS_PER_LOOK });
      const productIds = items.map(({ productId }) => productId);
      await lookAtProducts(tx, productIds, noteAvailability);
      return productIds;
    });
    const last = ids.at(-1);
    if (last === undefined) break;
    count += ids.length;
    afterId = last;
  }
  return count;
}

/**
 * Raises and closes the alerts of these products and passes their availability on. Locks their items, so that two calls
 * at once raise one alert.
 */
export async function lookAtProducts(
  tx: Tx,
  productIds: readonly number[],
  noteAvailability: WatchOptions["noteAvailability"],
): Promise<void> {
  if (productIds.length === 0) return;
  const items = await store.lockItems(tx, productIds);
  const levels = await readLevels(tx, items);
  const raised = levels.filter((level) => level.lowSince === null && isLow(level));
  const closed = levels.filter((level) => level.lowSince !== null && !isLow(level));
  await store.updateLowSince(tx, raised.map(idOf), true);
  await store.updateLowSince(tx, closed.map(idOf), false);
  const events = [...raised.map(describeAlert("stock.low")), ...closed.map(describeAlert("stock.recovered"))];
  if (events.length > 0) await appendEvents(tx, events);
  await noteAvailability?.(
    tx,
    levels.map(({ productId, sellable }) => ({ productId, available: sellable })),
  );
}

function isLow({ free, lowStockThreshold }: ProductStock): boolean {
  return lowStockThreshold !== null && free <= lowStockThreshold;
}

const idOf = ({ productId }: ProductStock): number => productId;

function describeAlert(topic: string) {
  return ({ productId, free, lowStockThreshold }: ProductStock) => ({
    topic,
    payload: JSON.stringify({ product_id: productId, available: free, threshold: lowStockThreshold }),
  });
}
