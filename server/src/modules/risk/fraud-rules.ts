// The rules that find an order suspicious, as FRAUD_RULES configures them: each adds its score, and the sum decides. Pure.
import { Type } from "typebox";
import { parseLimit } from "../../values/money.ts";
import { readRuleList } from "./read-rules.ts";

const Score = Type.Integer({ minimum: 1, maximum: 1_000 });
const closed = { additionalProperties: false } as const;
const OrderAmount = Type.Object(
  {
    rule: Type.Literal("order_amount"),
    above: Type.String({ pattern: "^\\d{1,15}(\\.\\d{1,9})?$" }),
    currency: Type.Optional(Type.String()),
    score: Score,
  },
  closed,
);
const OrderVelocity = Type.Object(
  {
    rule: Type.Literal("order_velocity"),
    count: Type.Integer({ minimum: 1, maximum: 1_000 }),
    seconds: Type.Integer({ minimum: 1, maximum: 2_592_000 }),
    score: Score,
  },
  closed,
);
const AddressMismatch = Type.Object({ rule: Type.Literal("address_mismatch"), score: Score }, closed);
const NewAccount = Type.Object(
  {
    rule: Type.Literal("new_account"),
    hours: Type.Integer({ minimum: 1, maximum: 8_760 }),
    score: Score,
  },
  closed,
);
const Blocked = Type.Object({ rule: Type.Literal("blocked"), score: Score }, closed);
const KINDS = {
  order_amount: OrderAmount,
  order_velocity: OrderVelocity,
  address_mismatch: AddressMismatch,
  new_account: NewAccount,
  blocked: Blocked,
} as const;

export type FraudRule = Type.Static<(typeof KINDS)[keyof typeof KINDS]>;
export type FraudVerdict = "accept" | "review" | "refuse";

/** The sums of scores from which an order is reviewed, or refused. */
export interface FraudLimits {
  readonly reviewScore: number;
  readonly refuseScore: number;
}

/** The parts of an address that matter for comparing. */
export interface FraudAddress {
  readonly street?: string | undefined;
  readonly city?: string | undefined;
  readonly state?: string | undefined;
  readonly postal_code?: string | undefined;
  readonly country?: string | undefined;
}

export const BLOCKED_KINDS = ["email", "ip", "address", "customer"] as const;
export type BlockedKind = (typeof BLOCKED_KINDS)[number];

/** An order as the rules see it. */
export interface FraudFacts {
  readonly totalMinor: bigint;
  readonly currency: string;
  readonly scale: number;
  readonly shippingAddress: FraudAddress | undefined;
  readonly billingAddress: FraudAddress | undefined;
  /** Seconds since the customer registered; undefined for a guest, or where it is not known. */
  readonly accountAgeSeconds: number | undefined;
  /** Orders of the customer within the last `seconds`, this one not counted. */
  readonly recentOrders: (seconds: number) => number;
  /** The order's values that are on the block list. */
  readonly blockedKinds: readonly BlockedKind[];
}

export interface FraudFinding {
  readonly rule: FraudRule["rule"];
  readonly score: number;
  readonly reason: string;
}

export interface FraudJudgement {
  readonly score: number;
  readonly verdict: FraudVerdict;
  readonly findings: readonly FraudFinding[];
}

/** Reads FRAUD_RULES. @returns the rules, or a sentence saying what is wrong with them */
export function readFraudRules(value: unknown): readonly FraudRule[] | string {
  return readRuleList(value, { name: "FRAUD_RULES", kinds: KINDS, countMax: 50 });
}

/** The longest window of all velocity rules, and the most orders that they count. */
export function fraudWindowOf(rules: readonly FraudRule[]): { seconds: number; countMax: number } {
  const velocities = rules.filter((rule) => rule.rule === "order_velocity");
  return {
    seconds: Math.max(0, ...velocities.map((rule) => rule.seconds)),
    countMax: Math.max(0, ...velocities.map((rule) => rule.count)),
  };
}

/** Judges an order by every rule. */
export function judgeOrder(
  rules: readonly FraudRule[],
  limits: FraudLimits,
  facts: FraudFacts,
): FraudJudgement {
  const findings = rules.flatMap((rule) => {
    const reason = findReason(rule, facts);
    return reason === undefined ? [] : [{ rule: rule.rule, score: rule.score, reason }];
  });
  const score = findings.reduce((sum, finding) => sum + finding.score, 0);
  return { score, findings, verdict: decideVerdict(score, limits) };
}

function decideVerdict(score: number, { reviewScore, refuseScore }: FraudLimits): FraudVerdict {
  if (score >= refuseScore) return "refuse";
  return score >= reviewScore ? "review" : "accept";
}

function findReason(rule: FraudRule, facts: FraudFacts): string | undefined {
  if (rule.rule === "order_amount") return judgeAmount(rule, facts);
  if (rule.rule === "order_velocity")
    return facts.recentOrders(rule.seconds) >= rule.count
      ? `more than ${rule.count} orders in ${rule.seconds} seconds`
      : undefined;
  if (rule.rule === "address_mismatch")
    return differ(facts.shippingAddress, facts.billingAddress)
      ? "shipping and billing address differ"
      : undefined;
  if (rule.rule === "new_account") {
    const { accountAgeSeconds: age } = facts;
    return age !== undefined && age < rule.hours * 3_600
      ? `the account is younger than ${rule.hours} hours`
      : undefined;
  }
  return facts.blockedKinds.length === 0 ? undefined : `${facts.blockedKinds.join(", ")} blocked`;
}

function judgeAmount(rule: Type.Static<typeof OrderAmount>, facts: FraudFacts): string | undefined {
  if (rule.currency !== undefined && rule.currency !== facts.currency) return undefined;
  if (facts.totalMinor <= parseLimit(rule.above, facts.scale)) return undefined;
  return `total over ${rule.above} ${facts.currency}`;
}

/** Only two places can differ: without a billing address the shipping address stands for both. */
function differ(one: FraudAddress | undefined, other: FraudAddress | undefined): boolean {
  const [first, second] = [one, other].map((address) => normalizeAddress(address ?? {}));
  return first !== NOWHERE && second !== NOWHERE && first !== second;
}

/** The result of `normalizeAddress` for an address that names no place. */
const NOWHERE = "|||";

/** The same text for addresses that a postman would think the same: case, spaces and punctuation do not count. */
export function normalizeAddress({ street, city, postal_code, country }: FraudAddress): string {
  return [street, postal_code, city, country].map((part) => normalizeWords(part ?? "")).join("|");
}

function normalizeWords(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "") // invisible characters
    .toLowerCase()
    .replace(/[\p{P}\p{S}\s]+/gu, " ")
    .trim();
}
