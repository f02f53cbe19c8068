// The orders' jobs in the schedule of upkeep: ending orders that nobody paid, and handing confirmed ones to the warehouse.
import { SYSTEM_ACTOR } from "../../values/actor.ts";
import type { BookCommand, Decision, Desk } from "../desk/index.ts";
import type { Task } from "../jobs/index.ts";
import { getClockLead } from "../ledger/index.ts";
import { expireOrder } from "./changing/advance-order.ts";
import { changeOrder } from "./changing/change-order.ts";
import { factsOf } from "./changing/order-facts.ts";
import { saveOrder } from "./changing/save-order.ts";
import { refuseTransition } from "./changing/states.ts";
import { selectDueOrders, selectOrdersToQueue } from "./order-read-store.ts";
import { ORDERS } from "./order-store.ts";
import type { OrderServices } from "./services.ts";

const SWEEP_SECONDS = 5;
const ORDERS_PER_BATCH_MAX = 200;
/** The most orders of one run; the next run continues. */
const BATCHES_PER_RUN_MAX = 20;

export function orderTasks(services: OrderServices): Task[] {
  return [
    { name: "expire_orders", everySeconds: SWEEP_SECONDS, run: () => expireOrders(services) },
    { name: "queue_orders", everySeconds: SWEEP_SECONDS, run: () => queueOrders(services) },
  ];
}

/**
 * Ends or extends the expired PENDING orders; all orders of a round go to the desk at once. Returns their number.
 * @throws AppError `unavailable` where the desk is full or closed
 */
export async function expireOrders(services: OrderServices): Promise<number> {
  let count = 0;
  for (let batch = 0; batch < BATCHES_PER_RUN_MAX; batch += 1) {
    const ids = await selectDueOrders(services.db, ORDERS_PER_BATCH_MAX);
    const act = expireOrder();
    const outcomes = await Promise.all(
      ids.map((id) => changeOrder(services, { actor: SYSTEM_ACTOR }, { id, act })),
    );
    const ended = outcomes.filter((outcome) => !("refused" in outcome)).length;
    count += ended;
    if (ids.length < ORDERS_PER_BATCH_MAX || ended === 0) break;
  }
  return count;
}

/** Queues confirmed orders whose grace period is over, each round with one command. Returns their number. */
export async function queueOrders({ db, desk, settings }: OrderServices): Promise<number> {
  let count = 0;
  for (let batch = 0; batch < BATCHES_PER_RUN_MAX; batch += 1) {
    const { graceSeconds } = settings;
    const leadSeconds = await getClockLead(db); // orders' ids are stamps, which may run ahead
    const ids = await selectOrdersToQueue(db, { graceSeconds, leadSeconds, limit: ORDERS_PER_BATCH_MAX });
    if (ids.length === 0) break;
    const outcome = await desk.submit(buildQueueCommand(ids));
    if ("refused" in outcome) throw outcome.refused;
    const { queued } = JSON.parse(outcome.answer);
    count += queued;
    if (queued === 0) break;
  }
  return count;
}

/** Upkeep: it is recorded in the orders' timelines, not on the audit trail. */
function buildQueueCommand(ids: readonly number[]): BookCommand {
  return {
    event: null,
    actor: SYSTEM_ACTOR,
    scope: { accountIds: [], stampCount: 1 },
    needs: [{ reader: ORDERS, ids }],
    decide: (desk) => decideQueue(desk, ids),
  };
}

function decideQueue(desk: Desk, ids: readonly number[]): Decision {
  let queued = 0;
  for (const id of ids) {
    const order = desk.rows.of(ORDERS).get(id);
    if (order === undefined || order.cancelReason !== null || order.shippingStop !== "none") continue;
    if (refuseTransition("queue", factsOf(order, undefined), "system") !== undefined) continue;
    saveOrder(desk, order, { step: "queue", actorId: SYSTEM_ACTOR.id, payment: "another" });
    queued += 1;
  }
  return { answer: JSON.stringify({ queued }), counted: [] };
}
