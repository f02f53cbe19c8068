// Tax rates by tax class, from the configuration: `standard` is TAX_RATE, the others are in TAX_CLASSES.
import { TAX_RATE_ONE } from "./totals.ts";

export interface TaxRates {
  /** Millionths; undefined for a class that is not configured. */
  readonly rateOf: (taxClass: string) => number | undefined;
  readonly classes: readonly string[];
}

const RATE = /^(?:0(?:\.(\d{1,6}))?|1(?:\.0{1,6})?)$/;

/** Reads "0.2" as millionths; undefined where it is not a decimal from 0 to 1 with up to six places. */
export function readTaxRate(text: string): number | undefined {
  const match = RATE.exec(text);
  if (match === null) return undefined;
  return text.startsWith("1") ? TAX_RATE_ONE : Number((match[1] ?? "").padEnd(6, "0"));
}

/** Writes millionths as a decimal: 200000 is "0.2", 0 is "0". */
export function formatTaxRate(rate: number): string {
  if (rate === TAX_RATE_ONE) return "1";
  const digits = String(rate).padStart(6, "0").replace(/0+$/, "");
  return digits === "" ? "0" : `0.${digits}`;
}

/**
 * Combines the rates. Returns a sentence that says what is wrong where they cannot be read.
 * @param taxClasses class → rate, `{"reduced": "0.05"}`
 */
export function readTaxRates(settings: {
  readonly taxRate: string;
  readonly taxClasses: unknown;
}): TaxRates | string {
  const standard = readTaxRate(settings.taxRate);
  if (standard === undefined)
    return `TAX_RATE must be a decimal from 0 to 1 such as 0.20, not "${settings.taxRate}"`;
  const { taxClasses } = settings;
  if (typeof taxClasses !== "object" || taxClasses === null || Array.isArray(taxClasses))
    return 'TAX_CLASSES must be a JSON object such as {"reduced":"0.05"}';
  const rates = new Map([["standard", standard]]);
  for (const [name, value] of Object.entries(taxClasses)) {
    const rate = readTaxRate(String(value));
    if (rate === undefined)
      return `TAX_CLASSES: the rate of "${name}" must be a decimal from 0 to 1 such as 0.05`;
    rates.set(name, rate);
  }
  return { rateOf: (taxClass) => rates.get(taxClass), classes: [...rates.keys()] };
}
