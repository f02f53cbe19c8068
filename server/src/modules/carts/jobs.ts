// The carts' jobs in the schedule of upkeep: closing untouched carts, and deleting them later.
import type { Task } from "../jobs/index.ts";
import type { OrderServices } from "../orders/index.ts";
import { expireCarts, removeEndedCarts } from "./expire-carts.ts";

const SWEEP_SECONDS = 300;

export function cartTasks({ db }: Pick<OrderServices, "db">): Task[] {
  const run = async (signal: AbortSignal) => {
    await expireCarts(db, signal);
    await removeEndedCarts(db, signal);
  };
  return [{ name: "expire_carts", everySeconds: SWEEP_SECONDS, run }];
}
