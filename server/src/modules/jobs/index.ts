// The door of the jobs module: the outbox, its relay, and the schedule of upkeep.
export { appendEvents, type NewEvent } from "./append-events.ts";
export type { Delivery } from "./deliver-events.ts";
export { countWaiting, type Relay, startRelay } from "./relay-events.ts";
export { type Schedule, startSchedule, type Task } from "./schedule.ts";
export {
  createSubscriptions,
  type EventHandler,
  type OutboxEvent,
  type Subscriptions,
} from "./subscriptions.ts";
