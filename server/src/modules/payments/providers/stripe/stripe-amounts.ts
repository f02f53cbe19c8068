// Amounts as Stripe writes and takes them: whole numbers of a currency's smallest unit in Stripe's own table, whose decimals may
// differ from the asset's here, with the step and the minimum that Stripe takes. Pure. docs/payments.md shows
// the same table.

import { formatAmount } from "../../../../values/money.ts";
import { ownOf } from "../../../../values/own-of.ts";

export interface StripeCurrency {
  /** Decimals of Stripe's unit, whatever ISO 4217 says. */
  readonly decimals: 0 | 2 | 3;
  /** Amounts must be whole multiples of it, in Stripe's unit. */
  readonly step: 1 | 10 | 100;
  /** The smallest charge, in Stripe's unit; 0: none is known. */
  readonly minimum: number;
}

const PLAIN: StripeCurrency = { decimals: 2, step: 1, minimum: 0 };

/** Currencies that have no decimals at Stripe. */
const WITHOUT_PARTS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" ");
/** Written with hundredths, but taken only in whole units. */
const WHOLE_HUNDREDTHS = ["ISK", "UGX"];
/** Written with thousandths, the last of which must be 0. */
const WITH_THOUSANDTHS = "BHD JOD KWD OMR TND".split(" ");
/** In Stripe's unit. */
const MINIMA: Readonly<Record<string, number>> = {
  AED: 200,
  AUD: 50,
  BGN: 100,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1_500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  INR: 50,
  JPY: 50,
  MXN: 1_000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1_000,
  USD: 50,
};

const LISTED = [...WITHOUT_PARTS, ...WHOLE_HUNDREDTHS, ...WITH_THOUSANDTHS, ...Object.keys(MINIMA)];

/** All other currencies have hundredths, are taken to the hundredth, and have no known minimum. */
export const STRIPE_CURRENCIES: ReadonlyMap<string, StripeCurrency> = new Map(
  LISTED.map((code): [string, StripeCurrency] => {
    const minimum = ownOf(MINIMA, code) ?? 0;
    if (WITHOUT_PARTS.includes(code)) return [code, { decimals: 0, step: 1, minimum }];
    if (WITH_THOUSANDTHS.includes(code)) return [code, { decimals: 3, step: 10, minimum }];
    return [code, { decimals: 2, step: WHOLE_HUNDREDTHS.includes(code) ? 100 : 1, minimum }];
  }),
);

function ruleOf(currency: string): StripeCurrency {
  return STRIPE_CURRENCIES.get(currency.toUpperCase()) ?? PLAIN;
}

export interface Unit {
  /** An ISO 4217 code; Stripe writes it in small letters. */
  readonly currency: string;
  /** Decimals of the asset here. */
  readonly scale: number;
}

/** Undefined where it is not a multiple of Stripe's step for the currency, or is too large for a JSON number. */
export function toStripeAmount(minor: bigint, { currency, scale }: Unit): number | undefined {
  const { decimals, step } = ruleOf(currency);
  const finer = 10n ** BigInt(Math.max(scale - decimals, 0));
  if (minor % finer !== 0n) return undefined;
  const amount = Number((minor / finer) * 10n ** BigInt(Math.max(decimals - scale, 0)));
  return Number.isSafeInteger(amount) && amount % step === 0 ? amount : undefined;
}

/** Undefined where it is not an amount of ours: no whole number, below zero, or with more decimals than the asset here has. */
export function fromStripeAmount(amount: number, { currency, scale }: Unit): bigint | undefined {
  if (!Number.isSafeInteger(amount) || amount < 0) return undefined;
  const { decimals } = ruleOf(currency);
  const scaled = BigInt(amount) * 10n ** BigInt(Math.max(scale - decimals, 0));
  const finer = 10n ** BigInt(Math.max(decimals - scale, 0));
  return scaled % finer === 0n ? scaled / finer : undefined;
}

/** Decimals of Stripe's unit. */
export function stripeDecimals(currency: string): number {
  return ruleOf(currency).decimals;
}

/** Why Stripe does not take an amount, in words; undefined: it does. Refunds and partial captures have no minimum. */
export function judgeStripeAmount(
  minor: bigint,
  unit: Unit,
  { isCharge }: { isCharge: boolean },
): string | undefined {
  const { currency } = unit;
  const { step, minimum } = ruleOf(currency);
  const amount = toStripeAmount(minor, unit);
  if (amount === undefined) return `Stripe takes ${currency} in steps of ${tell(step, currency)}`;
  if (!isCharge || amount >= minimum) return undefined;
  return `Stripe charges at least ${tell(minimum, currency)} ${currency}`;
}

/** An amount in Stripe's unit, written as a decimal. */
function tell(amount: number, currency: string): string {
  return formatAmount(BigInt(amount), ruleOf(currency).decimals);
}
