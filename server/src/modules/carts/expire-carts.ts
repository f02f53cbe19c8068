// Closes carts that nobody has touched for their lifetime. Their content is kept for a while for users who ask why they are
// closed, and then removed, because guests can open any number of carts.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import { appendEvents } from "../jobs/index.ts";
import { closeExpired, deleteEnded } from "./cart-store.ts";

const BATCH = 500;
/** How long an expired cart is kept. */
const KEEP_DAYS = 90;

/** Closes all expired carts, one transaction per batch, and appends an event for each. Returns how many. */
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

/** Removes carts that were closed long ago, one transaction per batch. Returns how many. */
export async function removeEndedCarts(db: Sql, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (;;) {
    const removed = await inTransaction(db, (tx) => deleteEnded(tx, { limit: BATCH, keepDays: KEEP_DAYS }));
    count += removed;
    if (removed < BATCH || signal?.aborted === true) return count;
  }
}
