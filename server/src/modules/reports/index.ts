// The door of reports: statements about all modules together.
export {
  countFindings,
  describeFinding,
  type Findings,
} from "./check-integrity.ts";
export { runIntegrity } from "./run-integrity.ts";
