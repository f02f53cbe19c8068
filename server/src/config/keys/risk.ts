// The settings of risk: the rules for transactions and for orders.
import type { ConfigKey } from "../key.ts";

export const RISK_KEYS = [
  {
    name: "RISK_RULES",
    group: "Risk",
    type: "json",
    default:
      '[{"rule":"large_amount","above":"10000"},{"rule":"many_in_short_time","count":20,"seconds":60}]',
    description: 'Rules that flag a transaction; an entry with "block": true refuses it instead.',
  },
  {
    name: "ENABLE_FRAUD_CHECK",
    group: "Risk",
    type: "boolean",
    default: "true",
    earlier: true,
    description: "Whether customers' and guests' orders are screened by FRAUD_RULES before they are placed.",
  },
  {
    name: "FRAUD_RULES",
    group: "Risk",
    type: "json",
    default:
      '[{"rule":"order_amount","above":"5000","score":40},{"rule":"order_velocity","count":10,"seconds":3600,"score":40},{"rule":"address_mismatch","score":20},{"rule":"new_account","hours":24,"score":20},{"rule":"blocked","score":100}]',
    description: "What finds an order suspicious; the scores of the rules that speak add up.",
  },
  {
    name: "FRAUD_REVIEW_SCORE",
    group: "Risk",
    type: "integer",
    minimum: 1,
    maximum: 100_000,
    default: "60",
    description: "From this score on staff decides about the order, while its stock and money stay held.",
  },
  {
    name: "FRAUD_REFUSE_SCORE",
    group: "Risk",
    type: "integer",
    minimum: 1,
    maximum: 100_000,
    default: "100",
    description: "From this score on the order is refused.",
  },
] as const satisfies readonly ConfigKey[];
