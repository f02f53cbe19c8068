// The rules that find a transaction suspicious, as RISK_RULES configures them, and how they judge. Pure.
import { Type } from "typebox";
import { parseLimit } from "../../values/money.ts";
import { readRuleList } from "./read-rules.ts";

const LargeAmount = Type.Object(
  {
    rule: Type.Literal("large_amount"),
    above: Type.String({
      pattern: "^\\d{1,15}(\\.\\d{1,9})?$",
      description: "In whole units of the currency",
    }),
    currency: Type.Optional(Type.String({ description: "Only for this currency; default: every one" })),
    block: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
const ManyInShortTime = Type.Object(
  {
    rule: Type.Literal("many_in_short_time"),
    count: Type.Integer({ minimum: 1, maximum: 1000 }),
    seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    block: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
const RULES = {
  name: "RISK_RULES",
  kinds: { large_amount: LargeAmount, many_in_short_time: ManyInShortTime },
  countMax: 20,
} as const;

export type RiskRule = Type.Static<typeof LargeAmount> | Type.Static<typeof ManyInShortTime>;

/** For the velocity rules: how far back, and how many of the newest outgoing transfers have to be known. */
export interface VelocityWindow {
  readonly seconds: number;
  readonly countMax: number;
}

/** A transaction as the rules see it. */
export interface Movement {
  readonly amount: bigint;
  readonly currency: string;
  readonly scale: number;
  /** For each velocity rule, by its seconds: the account's outgoing transfers in the window before this one. */
  readonly recentCount: (seconds: number) => number;
  readonly outgoing: boolean;
}

export interface Finding {
  readonly rule: RiskRule["rule"];
  readonly reason: string;
  readonly blocked: boolean;
}

/** Reads RISK_RULES. @returns the rules, or a sentence saying what is wrong with them */
export function readRules(value: unknown): readonly RiskRule[] | string {
  return readRuleList(value, RULES);
}

/** What all velocity rules together need read; no seconds where there are none. One more than the highest count is enough. */
export function widestWindow(rules: readonly RiskRule[]): VelocityWindow {
  const velocity = rules.filter((rule) => rule.rule === "many_in_short_time");
  return velocity.reduce<VelocityWindow>(
    (widest, rule) => ({
      seconds: Math.max(widest.seconds, rule.seconds),
      countMax: Math.max(widest.countMax, rule.count + 1),
    }),
    { seconds: 0, countMax: 0 },
  );
}

/** Judges one movement by every rule. A velocity rule that does not block reports once, when its count is reached. */
export function assess(rules: readonly RiskRule[], movement: Movement): Finding[] {
  return rules.flatMap((rule) => {
    const reason = rule.rule === "large_amount" ? judgeAmount(rule, movement) : judgeVelocity(rule, movement);
    return reason === undefined ? [] : [{ rule: rule.rule, reason, blocked: rule.block === true }];
  });
}

function judgeAmount(rule: Type.Static<typeof LargeAmount>, movement: Movement): string | undefined {
  if (rule.currency !== undefined && rule.currency !== movement.currency) return undefined;
  if (movement.amount <= parseLimit(rule.above, movement.scale)) return undefined;
  return `amount over ${rule.above} ${movement.currency}`;
}

function judgeVelocity(rule: Type.Static<typeof ManyInShortTime>, movement: Movement): string | undefined {
  if (!movement.outgoing) return undefined;
  const count = movement.recentCount(rule.seconds) + 1;
  const reached = rule.block === true ? count > rule.count : count === rule.count + 1;
  return reached ? `more than ${rule.count} outgoing transactions in ${rule.seconds} seconds` : undefined;
}
