// The door of the embedded PostgreSQL: a supervised server of our own in the data directory.

export { DirectoryInUseError, EmbeddedPostgresError } from "./error.ts";
export { findRunningPostgres } from "./find-running.ts";
export { hasCluster } from "./open-cluster.ts";
export type { ServerLog } from "./relay-log.ts";
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  serverRole,
  startEmbeddedPostgres,
} from "./start.ts";
