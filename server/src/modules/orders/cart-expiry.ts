// Closes carts that nobody touched for their time. What they held is kept for whoever asks why they are closed.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import { appendEvents } from "../jobs/index.ts";
import { closeExpired } from "./cart-store.ts";

const BATCH = 500;

/** Closes all that are due, a batch a transaction, and tells of each. Returns how many. */
export async function expireCarts(db: Sql, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (;;) {
    const expired = await inTransaction(db, async (tx) => {
      const ids = await closeExpired(tx, BATCH);
      const events = ids.map((id) => ({
        topic: "cart.expired",
        payload: JSON.stringify({ cart_id: String(id) }),
      }));
      if (events.length > 0) await appendEvents(tx, events);
      return ids;
    });
    count += expired.length;
    if (expired.length < BATCH || signal?.aborted === true) return count;
  }
}
