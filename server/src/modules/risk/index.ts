// The door of the risk module: rules that find transactions suspicious, and the flags they leave.
export { RISK_ENCRYPTED } from "./encrypted-tables.ts";
export { RISK_ERRORS } from "./errors.ts";
export {
  type FraudCheck,
  openFraudCheck,
  type PreparedScreening,
  type ScreenedOrder,
} from "./fraud-check.ts";
export {
  type FraudAddress,
  type FraudJudgement,
  type FraudLimits,
  type FraudRule,
  readFraudRules,
} from "./fraud-rules.ts";
export { logFlags } from "./log-flags.ts";
export { type JudgedMovement, openRiskGuard, type RiskGuard } from "./risk-guard.ts";
export { riskRoutes } from "./routes.ts";
export { type Finding, type RiskRule, readRules } from "./rules.ts";
