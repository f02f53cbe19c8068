import { expect, it } from "vitest";
import { fromStripeAmount, toStripeAmount } from "./stripe-amounts.ts";

it.each([
  [1_200n, { currency: "EUR", scale: 2 }, 1_200],
  [1_200n, { currency: "JPY", scale: 0 }, 1_200],
  [1_200n, { currency: "JPY", scale: 2 }, 12],
  [12n, { currency: "UGX", scale: 0 }, 1_200],
  [1_230n, { currency: "KWD", scale: 3 }, 1_230],
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
