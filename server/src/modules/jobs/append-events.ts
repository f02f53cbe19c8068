// Appends events to the outbox in the transaction of the act they tell of: no event without its act, no act without its event.
import type { Tx } from "../../runtime/transaction.ts";
import { insertEvents, type NewEvent } from "./outbox-store.ts";

/** Sends the insert and returns its promise. Call it under the locks of the accounts concerned: they order the events. */
export function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<unknown> {
  return insertEvents(tx, events);
}
