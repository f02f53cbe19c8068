// Amounts as Stripe writes them: whole numbers of a currency's smallest unit in Stripe's own table, which may have other
// decimals than the asset here. Pure.

/** Currencies of which Stripe knows no parts, and those with thousandths; all others have hundredths, whatever ISO 4217 says. */
const WITHOUT_PARTS = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const WITH_THOUSANDTHS = new Set("BHD JOD KWD OMR TND".split(" "));

export interface Unit {
  /** An ISO 4217 code; Stripe writes it in small letters. */
  readonly currency: string;
  /** Decimals of the asset here. */
  readonly scale: number;
}

/** Undefined where the amount has finer parts than Stripe can take, or is too large for a JSON number. */
export function toStripeAmount(minor: bigint, { currency, scale }: Unit): number | undefined {
  const decimals = stripeDecimals(currency);
  const finer = 10n ** BigInt(Math.max(scale - decimals, 0));
  if (minor % finer !== 0n) return undefined;
  const amount = Number((minor / finer) * 10n ** BigInt(Math.max(decimals - scale, 0)));
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** Undefined where it is no amount of ours: no whole number, below zero, or with finer parts than the asset here has. */
export function fromStripeAmount(amount: number, { currency, scale }: Unit): bigint | undefined {
  if (!Number.isSafeInteger(amount) || amount < 0) return undefined;
  const decimals = stripeDecimals(currency);
  const scaled = BigInt(amount) * 10n ** BigInt(Math.max(scale - decimals, 0));
  const finer = 10n ** BigInt(Math.max(decimals - scale, 0));
  return scaled % finer === 0n ? scaled / finer : undefined;
}

/** Decimals of Stripe's unit. */
export function stripeDecimals(currency: string): number {
  const code = currency.toUpperCase();
  return WITHOUT_PARTS.has(code) ? 0 : WITH_THOUSANDTHS.has(code) ? 3 : 2;
}
