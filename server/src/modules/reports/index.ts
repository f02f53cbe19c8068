// The door of reports: what is told about all modules together.
export {
  countFindings,
  describeFinding,
  type Finding,
  type Findings,
  INTEGRITY_KINDS,
} from "./check-integrity.ts";
export { integrityRoutes } from "./integrity-routes.ts";
export { findLatestCheck, runIntegrity, watchIntegrity } from "./run-integrity.ts";
