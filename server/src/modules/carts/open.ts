// Opens carts: their routes, the task that closes untouched ones, and the check that ordered ones match their orders.
import { setTimesBack } from "../../runtime/clock-times-store.ts";
import type { Check, Module } from "../module.ts";
import type { OrderServices } from "../orders/index.ts";
import { cartTasks } from "./jobs.ts";
import { cartRoutes } from "./routes.ts";
import { verifyCarts } from "./verify-carts.ts";

/** Reported under orders, because a cart that differs from its order is found by looking at orders. */
const CHECK: Check = {
  kind: "orders",
  run: async (db, { since }) => ({ differences: await verifyCarts(db, { since }) }),
};

export const carts: Module<"carts", object, { orders: OrderServices }, object> = {
  name: "carts",
  readSettings: () => ({}),
  checks: [CHECK],
  setTimesBack: setTimesBack([
    { table: "carts.carts", made: ["created_at", "changed_at"], ends: ["expires_at"] },
  ]),
  open: (_host, _settings, { orders }) => ({
    services: {},
    routes: [cartRoutes(orders)],
    tasks: cartTasks(orders),
  }),
};
