// Turns what staff sent into the terms of an instrument. The schemas have checked the form before; this file checks what a
// schema cannot know.
import { invalidField } from "../../../values/app-error.ts";
import { describeAmountProblem, parseAmount } from "../../../values/money.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readAmount } from "../../../values/read-input.ts";
import { isTimeZone } from "../../../values/time-zone.ts";
import { type Asset, type Assets, ledgerError, readCurrency } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { PRICE_SCALE } from "../matching/price.ts";
import { WEEKDAY_NAMES } from "./describe-instrument.ts";
import type { Hours, InstrumentTerms } from "./instrument.ts";
import type { InstrumentChange, InstrumentInput } from "./instrument-schemas.ts";
import type { NewInstrument } from "./instrument-store.ts";

const WEEK = 0b001_1111;
const ALWAYS: Hours = { timeZone: "UTC", opensAt: null, closesAt: null, weekdays: 0b111_1111 };
const STALE_SECONDS = 60;

/** Billionths, more than zero. @throws AppError `invalid/invalid_request` naming the field */
export function readPrice(input: string | number, field: string): bigint {
  const price = parseAmount(input, PRICE_SCALE);
  if (typeof price !== "bigint") throw invalidField(field, describePriceProblem(price));
  if (price === 0n) throw invalidField(field, "must be more than zero");
  return price;
}

function describePriceProblem(problem: Parameters<typeof describeAmountProblem>[0]): string {
  return problem === "too_many_decimals"
    ? `has more than ${PRICE_SCALE} decimals`
    : describeAmountProblem(problem, PRICE_SCALE);
}

/** @throws AppError `invalid/…` naming the field */
export function readNewInstrument(
  { assets, defaultCurrency }: { readonly assets: Assets; readonly defaultCurrency: string },
  input: InstrumentInput,
): NewInstrument {
  const asset = readSecurity(assets, input.asset);
  const money = readCurrency(assets, input.currency ?? defaultCurrency);
  const given = readTerms(input, { asset, money });
  const lot = given.lot ?? 10n ** BigInt(asset.scale);
  const terms: InstrumentTerms = {
    ...ALWAYS,
    name: readName(input.name, "name"),
    tick: 10n ** BigInt(PRICE_SCALE - money.scale),
    mostQuantity: null,
    leastNotional: null,
    mostNotional: null,
    band: null,
    fee: 0,
    makerFee: given.fee ?? 0,
    leastFee: 0n,
    staleAfter: input.venue === "book" ? null : STALE_SECONDS,
    ...given,
    lot,
    leastQuantity: given.leastQuantity ?? lot,
  };
  checkTerms(terms);
  const venue = input.venue ?? "quote";
  if (venue === "book") checkBookTerms(terms, { asset, money });
  return { symbol: input.symbol, asset: asset.code, currency: money.code, venue, terms };
}

/** @throws AppError `invalid/unknown_asset` */
export function readSecurity(assets: Assets, code: string): Asset {
  const asset = assets.byCode(code);
  if (asset?.kind === "security") return asset;
  throw ledgerError("unknown_asset", {
    fields: [
      { field: "asset", reason: `"${code}" is no security here; GET /assets?kind=security lists those` },
    ],
  });
}

/** Only the fields that were sent. @throws AppError `invalid/…` naming the field */
export function readInstrumentChange(
  { asset, money }: { readonly asset: Asset; readonly money: Asset },
  input: InstrumentChange,
): Partial<InstrumentTerms> {
  return readTerms(input, { asset, money });
}

function readTerms(
  input: InstrumentChange,
  { asset, money }: { asset: Asset; money: Asset },
): Partial<InstrumentTerms> {
  const quantity = (field: QuantityField) => readBound(input[field], asset, field);
  const notional = (field: "least_notional" | "largest_notional") => readBound(input[field], money, field);
  const given = readAll({
    name: () => readName(input.name, "name"),
    tick: () => (input.tick === undefined ? undefined : readPrice(input.tick, "tick")),
    lot: () => readSize(quantity("lot"), "lot"),
    leastQuantity: () => readSize(quantity("least_quantity"), "least_quantity"),
    mostQuantity: () => quantity("largest_quantity"),
    leastNotional: () => notional("least_notional"),
    mostNotional: () => notional("largest_notional"),
    band: () => input.price_band,
    fee: () => input.fee,
    makerFee: () => input.maker_fee,
    leastFee: () =>
      input.least_fee === undefined ? undefined : readScaled(input.least_fee, money, "least_fee"),
    staleAfter: () => input.quote_stale_seconds,
  });
  const terms = { ...given, ...readHours(input) };
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
}

type QuantityField = "lot" | "least_quantity" | "largest_quantity";

/** Zero is not accepted as a bound. */
function readBound(
  input: string | number | null | undefined,
  asset: Asset,
  field: string,
): bigint | null | undefined {
  if (input === undefined || input === null) return input;
  const amount = readScaled(input, asset, field);
  return amount === 0n ? null : amount;
}

function readSize(size: bigint | null | undefined, field: string): bigint | undefined {
  if (size === null) throw invalidField(field, "must be more than zero");
  return size;
}

/** A quantity with more decimals than the asset has is well-formed, but does not fit the asset. */
function readScaled(input: string | number, asset: Asset, field: string): bigint {
  readAmount(input, { scale: PRICE_SCALE }, field);
  const amount = parseAmount(input, asset.scale);
  if (typeof amount === "bigint") return amount;
  throw unfit(field, `has more than the ${asset.scale} decimals of ${asset.code}`);
}

function readHours({ time_zone: timeZone, hours }: InstrumentChange): Partial<Hours> {
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw unfit("time_zone", "must be a name of the IANA database, such as America/New_York");
  const zone = timeZone === undefined ? {} : { timeZone };
  if (hours === undefined) return zone;
  if (hours === null) return { ...zone, opensAt: null, closesAt: null, weekdays: ALWAYS.weekdays };
  const [opensAt, closesAt] = [
    readMinute(hours.opens, "hours.opens"),
    readMinute(hours.closes, "hours.closes"),
  ];
  if (opensAt >= closesAt) throw unfit("hours.closes", "must be later than hours.opens");
  const days = hours.days?.reduce((bits, day) => bits | (1 << WEEKDAY_NAMES.indexOf(day)), 0);
  return { ...zone, opensAt, closesAt, weekdays: days ?? WEEK };
}

function readMinute(text: string, field: string): number {
  const minute = Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  if (minute > 1_440) throw unfit(field, "must be a time of the day, at most 24:00");
  return minute;
}

function unfit(field: string, reason: string): Error {
  return tradingError("instrument_terms_unfit", { fields: [{ field, reason }] });
}

/**
 * In a book a trade's money must come out even, so that no rounding makes money or loses it: one lot at one tick is worth whole
 * smallest units. @throws AppError `refused/instrument_terms_unfit` naming the field
 */
export function checkBookTerms(
  { lot, tick }: Pick<InstrumentTerms, "lot" | "tick">,
  { asset, money }: { readonly asset: Pick<Asset, "scale">; readonly money: Pick<Asset, "scale"> },
): void {
  const worth = lot * tick * 10n ** BigInt(money.scale);
  if (worth % 10n ** BigInt(PRICE_SCALE + asset.scale) === 0n) return;
  throw unfit(
    "lot",
    "times the tick must be worth whole smallest units of the currency: take a larger lot or tick",
  );
}

/** Checks terms that must fit together. @throws AppError `refused/instrument_terms_unfit` naming the field */
export function checkTerms(terms: InstrumentTerms): void {
  const { lot, leastQuantity, mostQuantity, leastNotional, mostNotional } = terms;
  if (leastQuantity % lot !== 0n) throw unfit("least_quantity", "must be a multiple of the lot");
  if (mostQuantity !== null && mostQuantity < leastQuantity)
    throw unfit("largest_quantity", "must not be less than least_quantity");
  if (mostNotional !== null && mostNotional < (leastNotional ?? 1n))
    throw unfit("largest_notional", "must not be less than least_notional");
}
