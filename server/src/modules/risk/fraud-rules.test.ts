import { expect, it } from "vitest";
import {
  type FraudFacts,
  fraudWindowOf,
  judgeOrder,
  normalizeAddress,
  readFraudRules,
} from "./fraud-rules.ts";
import { assess, readRules, widestWindow } from "./rules.ts";

const LIMITS = { reviewScore: 50, refuseScore: 100 };
const HOME = { street: "123 Main St", city: "Anytown", postal_code: "12345", country: "USA" };
const HARMLESS: FraudFacts = {
  totalMinor: 10_000n,
  currency: "USD",
  scale: 2,
  shippingAddress: HOME,
  billingAddress: undefined,
  accountAgeSeconds: undefined,
  recentOrders: () => 0,
  blockedKinds: [],
};

it("accepts an order that no rule speaks of", () => {
  const rules = [{ rule: "order_amount", above: "100", score: 60 } as const];
  expect(judgeOrder(rules, LIMITS, HARMLESS)).toEqual({ score: 0, verdict: "accept", findings: [] });
});

it("adds up what the rules find, and reviews or refuses by the sum", () => {
  const rules = [
    { rule: "order_amount", above: "99.99", score: 50 },
    { rule: "address_mismatch", score: 30 },
    { rule: "new_account", hours: 24, score: 20 },
  ] as const;
  expect(judgeOrder(rules, LIMITS, HARMLESS)).toMatchObject({ score: 50, verdict: "review" });
  const elsewhere = { ...HARMLESS, billingAddress: { ...HOME, street: "9 Other Rd" }, accountAgeSeconds: 60 };
  expect(judgeOrder(rules, LIMITS, elsewhere)).toEqual({
    score: 100,
    verdict: "refuse",
    findings: [
      { rule: "order_amount", score: 50, reason: "total over 99.99 USD" },
      { rule: "address_mismatch", score: 30, reason: "shipping and billing address differ" },
      { rule: "new_account", score: 20, reason: "the account is younger than 24 hours" },
    ],
  });
});

it("counts the order at hand for velocity: the count is what a customer may place in the window", () => {
  const rules = [{ rule: "order_velocity", count: 3, seconds: 60, score: 60 } as const];
  const after = (count: number) =>
    judgeOrder(rules, LIMITS, { ...HARMLESS, recentOrders: () => count }).verdict;
  expect([after(2), after(3)]).toEqual(["accept", "review"]);
  expect(fraudWindowOf(rules)).toEqual({ seconds: 60, countMax: 3 });
  expect(fraudWindowOf([])).toEqual({ seconds: 0, countMax: 0 });
});

it("an amount rule of one currency leaves others alone", () => {
  const rules = [{ rule: "order_amount", above: "1", currency: "EUR", score: 60 } as const];
  expect(judgeOrder(rules, LIMITS, HARMLESS).verdict).toBe("accept");
  expect(judgeOrder(rules, LIMITS, { ...HARMLESS, currency: "EUR" }).verdict).toBe("review");
});

it("takes addresses for one that differ in case, spaces or punctuation alone", () => {
  expect(normalizeAddress({ ...HOME, street: " 123  main st. " })).toBe(normalizeAddress(HOME));
  expect(normalizeAddress({ ...HOME, postal_code: "12346" })).not.toBe(normalizeAddress(HOME));
});

it("refuses rules that it does not know, saying where", () => {
  expect(readFraudRules([{ rule: "blocked", score: 100 }])).toHaveLength(1);
  const problem = (rule: object) => readFraudRules([{ rule: "blocked", score: 100 }, rule]);
  expect(problem({ rule: "blocked", score: 0 })).toBe("FRAUD_RULES[1].score must be >= 1");
  expect(problem({ rule: "shoe_size", score: 1 })).toMatch(
    /^FRAUD_RULES\[1\].rule must be one of order_amount, /,
  );
});

it("says of a rule for transactions what it takes", () => {
  const problem = (rule: unknown) => readRules([rule]);
  expect(problem({ rule: "large_amount", above: "1", bloc: true })).toBe(
    "RISK_RULES[0].bloc is not known; large_amount takes above, currency, block",
  );
  expect(problem({ rule: "many_in_short_time", count: 3 })).toBe(
    "RISK_RULES[0].seconds is required; many_in_short_time takes count, seconds, block",
  );
  expect(problem({ rule: "many_in_short_time", count: 0, seconds: 60 })).toBe(
    "RISK_RULES[0].count must be >= 1",
  );
  expect(problem("large_amount")).toContain("RISK_RULES[0] must be a rule");
  expect(readRules({})).toContain("RISK_RULES must be a list");
});

it("looks back as far as the rule over the longest time, and at one more than the rule that counts furthest", () => {
  const over = (count: number, seconds = 60) => ({ rule: "many_in_short_time", count, seconds }) as const;
  expect(widestWindow([over(8), over(3), over(5, 10)])).toEqual({ seconds: 60, countMax: 9 });
  expect(widestWindow([{ rule: "large_amount", above: "10" }])).toEqual({ seconds: 0, countMax: 0 });
});

it("finds a large amount in a currency with fewer decimals than the rule", () => {
  const rules = [{ rule: "large_amount", above: "9999.99", block: true }] as const;
  const yen = { currency: "JPY", scale: 0, outgoing: false, recentCount: () => 0 };
  expect(assess(rules, { ...yen, amount: 10_000n })).toMatchObject([{ blocked: true }]);
  expect(assess(rules, { ...yen, amount: 9_999n })).toEqual([]);
  const order = [{ rule: "order_amount", above: "99.99", score: 60 } as const];
  expect(judgeOrder(order, LIMITS, { ...HARMLESS, scale: 0, totalMinor: 100n }).verdict).toBe("review");
});
