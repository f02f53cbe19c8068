// The door of the embedded PostgreSQL: a supervised server of our own in the data directory.

export { EmbeddedPostgresError } from "./error.ts";
export type { ServerLog } from "./relay-log.ts";
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "./start.ts";
