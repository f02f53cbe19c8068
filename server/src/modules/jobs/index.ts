// The door of the jobs module: the outbox and its relay.
export { appendEvents, type NewEvent } from "./append-events.ts";
