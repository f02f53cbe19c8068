// Closes carts that nobody touched for their time. What they held is kept for a while for whoever asks why they are closed,
// then they are removed: guests open as many as they like.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import { appendEvents } from "../jobs/index.ts";
import { closeExpired, deleteEnded } from "./cart-store.ts";

const BATCH = 500;
/** For how long a cart that came to nothing is kept after its time. */
const KEEP_DAYS = 90;

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

/** Removes those that have been closed for long, a batch a transaction. Returns how many. */
export async function removeEndedCarts(db: Sql, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (;;) {
    const removed = await inTransaction(db, (tx) => deleteEnded(tx, { limit: BATCH, keepDays: KEEP_DAYS }));
    count += removed;
    if (removed < BATCH || signal?.aborted === true) return count;
  }
}
