// The door of the risk module: rules that find transactions suspicious, and the flags they leave.
export { logFlags } from "./log-flags.ts";
export { riskRoutes } from "./routes.ts";
export {
  assess,
  type Finding,
  type Movement,
  type RiskRule,
  readRules,
  type VelocityWindow,
  windowsOf,
} from "./rules.ts";
export { insertFlags, type NewFlag } from "./store.ts";
