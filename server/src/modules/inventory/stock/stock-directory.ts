// Which accounts count which product, and where. Every line of every order asks this, so each process caches it. An account
// never changes its product or location. Additions (a second location) and changes (a location's priority) raise a
// number in the database, and `refresh`, called every second, empties the cache when that number has changed.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import type { StockAccount } from "./stock.ts";
import * as store from "./stock-store.ts";

export interface StockDirectory {
  /**
   * The accounts that orders take from, by priority of location. Products without any are left out.
   * Asks the database for products that this process does not know yet.
   */
  readonly stockOf: (productIds: readonly number[]) => Promise<ReadonlyMap<number, readonly StockAccount[]>>;
  /** Forgets the cache where other processes have changed the data. */
  readonly refresh: () => Promise<void>;
}

export function createStockDirectory(db: Sql): StockDirectory {
  let known = new Map<number, readonly StockAccount[]>();
  let changes: number | undefined;

  async function look(productIds: readonly number[]): Promise<Map<number, readonly StockAccount[]>> {
    const into = known; // a refresh may come while this reads: then it fills the old map, not the new one
    const accounts = await inReadTransaction(db, (tx) => store.selectStock(tx, productIds));
    const found = new Map<number, StockAccount[]>();
    for (const { sells, ...account } of accounts) {
      if (!sells) continue;
      const others = found.get(account.productId);
      if (others === undefined) found.set(account.productId, [account]);
      else others.push(account);
    }
    for (const [productId, stock] of found) into.set(productId, stock);
    return found;
  }

  return {
    stockOf: async (productIds) => {
      const stock = new Map<number, readonly StockAccount[]>();
      const unknown = new Set<number>();
      for (const id of productIds) {
        const accounts = known.get(id);
        if (accounts === undefined) unknown.add(id);
        else stock.set(id, accounts);
      }
      if (unknown.size > 0) for (const [id, accounts] of await look([...unknown])) stock.set(id, accounts);
      return stock;
    },
    refresh: async () => {
      const now = await inReadTransaction(db, store.selectDirectoryChanges);
      if (now !== changes) known = new Map();
      changes = now;
    },
  };
}
