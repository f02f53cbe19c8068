// Settings that only their modules can judge: read here all at once, before anything is served, and by `doctor`. Each is read
// again where it is used.
import type { Config } from "../config/config.ts";
import { openSigners } from "../modules/audit/index.ts";
import { readStepUpLimits } from "../modules/banking/index.ts";
import { readTaxRates } from "../modules/orders/index.ts";
import { readFraudRules, readRules } from "../modules/risk/index.ts";
import { parseKey } from "../runtime/vault/vault-keys.ts";

/** A sentence for each that cannot be used, naming it. */
export function findSettingProblems(config: Config): string[] {
  const readings = [
    readRules(config.RISK_RULES),
    readStepUpLimits(config.STEP_UP_LIMITS),
    readTaxRates({ taxRate: config.TAX_RATE, taxClasses: config.TAX_CLASSES }),
    readFraudRules(config.FRAUD_RULES),
    ...tryKeys(config),
  ];
  const problems = readings.filter((reading) => typeof reading === "string");
  return config.FRAUD_REVIEW_SCORE > config.FRAUD_REFUSE_SCORE
    ? [...problems, "FRAUD_REVIEW_SCORE must not be more than FRAUD_REFUSE_SCORE"]
    : problems;
}

/** Only keys that are given: the program makes the others itself. */
function tryKeys(config: Config): (string | undefined)[] {
  const { ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS, AUDIT_SIGNING_KEY } = config;
  const signing = { signingKey: AUDIT_SIGNING_KEY, dataDir: config.DATA_DIR, logName: config.AUDIT_LOG_NAME };
  return [
    ENCRYPTION_KEY && complaintOf(() => parseKey("ENCRYPTION_KEY", ENCRYPTION_KEY)),
    ENCRYPTION_KEY_PREVIOUS &&
      complaintOf(() => parseKey("ENCRYPTION_KEY_PREVIOUS", ENCRYPTION_KEY_PREVIOUS)),
    AUDIT_SIGNING_KEY && complaintOf(() => openSigners(signing)),
  ];
}

function complaintOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
