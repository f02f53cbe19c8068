// The door of the jobs module: the outbox, its relay, and the schedule of upkeep.

export type { Task } from "../../runtime/task.ts";
export { appendEvents } from "./append-events.ts";
export type { Delivery } from "./deliver-events.ts";
export type { NewEvent } from "./outbox-store.ts";
export { countWaiting, openRelay, type Relay } from "./relay-events.ts";
export { type Schedule, startSchedule } from "./schedule.ts";
export {
  createSubscriptions,
  type EventHandler,
  type OutboxEvent,
  type Subscriptions,
} from "./subscriptions.ts";
