// Opens risk: the rules on movements of money, and the fraud check of orders.
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import type { JobServices } from "../jobs/open.ts";
import type { Module } from "../module.ts";
import { RISK_ENCRYPTED } from "./encrypted-tables.ts";
import { type FraudCheck, openFraudCheck } from "./fraud-check.ts";
import { type FraudLimits, type FraudRule, readFraudRules } from "./fraud-rules.ts";
import { logFlags } from "./log-flags.ts";
import { openRiskGuard, type RiskGuard } from "./risk-guard.ts";
import { riskRoutes } from "./routes.ts";
import { type RiskRule, readRules } from "./rules.ts";

export interface RiskSettings {
  readonly rules: readonly RiskRule[];
  /** Undefined where orders are not screened. */
  readonly fraud: { readonly rules: readonly FraudRule[]; readonly limits: FraudLimits } | undefined;
}

export interface RiskModule {
  readonly guard: RiskGuard;
  readonly fraudCheck: FraudCheck | undefined;
}

export const risk: Module<"risk", RiskSettings, { jobs: JobServices }, RiskModule> = {
  name: "risk",
  readSettings,
  encrypted: RISK_ENCRYPTED,
  open: ({ db, vault, log }, { rules, fraud }, { jobs }) => {
    logFlags(jobs, log);
    return {
      services: {
        guard: openRiskGuard(rules),
        fraudCheck: fraud === undefined ? undefined : openFraudCheck({ vault, ...fraud }),
      },
      routes: [riskRoutes({ db, vault })],
    };
  },
};

export function readSettings(config: Config): RiskSettings {
  const rules = readRules(config.RISK_RULES);
  const fraudRules = readFraudRules(config.FRAUD_RULES);
  const limits = { reviewScore: config.FRAUD_REVIEW_SCORE, refuseScore: config.FRAUD_REFUSE_SCORE };
  const problems = [rules, fraudRules].filter((reading) => typeof reading === "string");
  if (limits.reviewScore > limits.refuseScore)
    problems.push("FRAUD_REVIEW_SCORE must not be more than FRAUD_REFUSE_SCORE");
  if (problems.length > 0 || typeof rules === "string" || typeof fraudRules === "string")
    throw new ConfigError(problems);
  return { rules, fraud: config.ENABLE_FRAUD_CHECK ? { rules: fraudRules, limits } : undefined };
}
