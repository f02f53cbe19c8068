import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatAmount } from "../../../../values/money.ts";
import {
  fromStripeAmount,
  judgeStripeAmount,
  STRIPE_CURRENCIES,
  stripeDecimals,
  toStripeAmount,
} from "./stripe-amounts.ts";

it.each([
  [1_200n, { currency: "EUR", scale: 2 }, 1_200],
  [1_200n, { currency: "JPY", scale: 0 }, 1_200],
  [1_200n, { currency: "JPY", scale: 2 }, 12],
  [12n, { currency: "UGX", scale: 0 }, 1_200],
  [12n, { currency: "ISK", scale: 0 }, 1_200],
  [1_230n, { currency: "KWD", scale: 3 }, 1_230],
  [123n, { currency: "KWD", scale: 2 }, 1_230],
  [120_000n, { currency: "USD", scale: 4 }, 1_200],
])("writes %s minor units in Stripe's unit, and reads them back", (minor, unit, amount) => {
  expect(toStripeAmount(minor, unit)).toBe(amount);
  expect(fromStripeAmount(amount, unit)).toBe(minor);
});

it("F6-6 reads no amount that none of ours can be", () => {
  for (const amount of [12.5, -1, Number.NaN, 2 ** 60])
    expect(fromStripeAmount(amount, { currency: "EUR", scale: 2 })).toBeUndefined();
  expect(fromStripeAmount(1_250, { currency: "UGX", scale: 0 })).toBeUndefined();
});

it("refuses what is finer than Stripe's unit, or too large", () => {
  expect(toStripeAmount(1_201n, { currency: "JPY", scale: 2 })).toBeUndefined();
  expect(toStripeAmount(10n ** 17n, { currency: "EUR", scale: 2 })).toBeUndefined();
});

/** Minor units in the scale, whether it is the whole charge, and why not. */
type Case = readonly [string, number, bigint, "charge" | "part", string | undefined];
const CASES: readonly Case[] = [
  ["KWD", 3, 5_124n, "charge", "Stripe takes KWD in steps of 0.010"],
  ["KWD", 3, 5_120n, "charge", undefined],
  ["KWD", 3, 5_125n, "part", "Stripe takes KWD in steps of 0.010"],
  ["BHD", 3, 1n, "part", "Stripe takes BHD in steps of 0.010"],
  ["JPY", 0, 49n, "charge", "Stripe charges at least 50 JPY"],
  ["JPY", 0, 50n, "charge", undefined],
  ["JPY", 2, 5_050n, "charge", "Stripe takes JPY in steps of 1"],
  ["XAF", 0, 1n, "charge", undefined],
  ["ISK", 2, 5_050n, "charge", "Stripe takes ISK in steps of 1.00"],
  ["UGX", 0, 5n, "charge", undefined],
  ["USD", 2, 49n, "charge", "Stripe charges at least 0.50 USD"],
  ["USD", 2, 50n, "charge", undefined],
  ["USD", 2, 1n, "part", undefined],
  ["USD", 4, 12_345n, "charge", "Stripe takes USD in steps of 0.01"],
  ["usd", 2, 49n, "charge", "Stripe charges at least 0.50 usd"],
  ["GBP", 2, 29n, "charge", "Stripe charges at least 0.30 GBP"],
  ["HUF", 2, 17_499n, "charge", "Stripe charges at least 175.00 HUF"],
  ["CZK", 2, 1_500n, "charge", undefined],
  ["TRY", 2, 1n, "charge", undefined],
];

describe("F6-7 what Stripe takes of a currency", () => {
  it.each(CASES)(
    "%s with %i decimals, %s minor units as a %s",
    (...[currency, scale, minor, kind, reason]) => {
      expect(judgeStripeAmount(minor, { currency, scale }, { isCharge: kind === "charge" })).toBe(reason);
    },
  );

  it.each([...STRIPE_CURRENCIES])("%s is taken from its least amount on, in its steps", (currency, rule) => {
    const unit = { currency, scale: rule.decimals };
    const least = BigInt(Math.max(rule.minimum, rule.step));
    expect(stripeDecimals(currency)).toBe(rule.decimals);
    expect(judgeStripeAmount(least, unit, { isCharge: true })).toBeUndefined();
    expect(toStripeAmount(least, unit)).toBe(Number(least));
    if (rule.minimum > 0)
      expect(judgeStripeAmount(least - BigInt(rule.step), unit, { isCharge: true })).toContain("at least");
    if (rule.step > 1)
      expect(judgeStripeAmount(least + 1n, unit, { isCharge: false })).toContain("in steps of");
  });

  it("is the table of docs/payments.md", () => {
    const document = readFileSync(new URL("../../../../../../docs/payments.md", import.meta.url), "utf8");
    const section = document.split("### What Stripe takes of a currency")[1]?.split("\n## ")[0] ?? "";
    const rows = section.split("\n").flatMap((line) => /^\| ([A-Z, ]+) \|(.*)\|$/.exec(line) ?? []);
    const told = new Map<string, string>();
    for (let index = 0; index < rows.length; index += 3) {
      const [unit, step, least = "–"] = (rows[index + 2] ?? "").split("|").map((cell) => cell.trim());
      for (const code of (rows[index + 1] ?? "").split(", ")) {
        const [, only, amount] = /^([A-Z]{3}) (.*)$/.exec(least) ?? [undefined, code, least];
        told.set(code, `${unit} ${step} ${only === code ? amount : "–"}`);
      }
    }
    const names = { 0: "whole", 2: "hundredths", 3: "thousandths" };
    const expected = [...STRIPE_CURRENCIES].map(([code, { decimals, step, minimum }]) => {
      const write = (amount: number) => formatAmount(BigInt(amount), decimals);
      return [code, `${names[decimals]} ${write(step)} ${minimum === 0 ? "–" : write(minimum)}`] as const;
    });
    expect(told).toEqual(new Map(expected));
  });
});
