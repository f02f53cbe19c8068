// Sources of quotes that are asked over HTTP, as TRADING_QUOTE_SOURCES configures them: a URL, how often, for which instruments, and
// where in the JSON answer each value stands. Pure.
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { AppError } from "../../../values/app-error.ts";
import { ownOf } from "../../../values/own-of.ts";
import { readTime } from "../../../values/read-input.ts";
import { readQuotedPrice } from "./read-quote.ts";
import type { NewQuote } from "./take-quotes.ts";

/** Steps to a value, with dots: "data.0.bid". */
const Path = Type.String({ minLength: 1, maxLength: 200 });
const Source = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9][a-z0-9 _.-]{0,39}$" }),
    /** `{symbol}` in it stands for the instrument's symbol. */
    url: Type.String({ pattern: "^https?://[^ ]{1,2000}$" }),
    every_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    symbols: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 100 }),
    bid: Path,
    ask: Path,
    last: Path,
    /** RFC 3339, or milliseconds since 1970. Without it a quote is of the moment in which it was asked for. */
    time: Type.Optional(Path),
    sequence: Type.Optional(Path),
    /** Sent with every request: a key of the source, for example. */
    headers: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 1_000 }))),
  },
  { additionalProperties: false },
);
export type QuoteSource = Static<typeof Source>;

const Sources = Type.Array(Source, { maxItems: 50 });

/** @returns the sources, or a sentence saying what is wrong with them */
export function readQuoteSources(value: unknown): readonly QuoteSource[] | string {
  if (!Value.Check(Sources, value)) {
    const [first] = Value.Errors(Sources, value);
    const where = (first?.instancePath ?? "").replace(/\/(\d+)/g, "[$1]").replaceAll("/", ".");
    return `TRADING_QUOTE_SOURCES${where} ${first?.message ?? "is malformed"}`;
  }
  const names = value.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `TRADING_QUOTE_SOURCES names "${twice}" twice`;
  const unfit = value.find(({ url, symbols }) => symbols.length > 1 && !url.includes("{symbol}"));
  if (unfit !== undefined)
    return `TRADING_QUOTE_SOURCES: the url of "${unfit.name}" must have {symbol} in it, because it has several symbols`;
  const broken = value.find(({ url }) => !URL.canParse(url.replaceAll("{symbol}", "A")));
  return broken === undefined ? value : `TRADING_QUOTE_SOURCES: the url of "${broken.name}" is no URL`;
}

export function urlOf({ url }: Pick<QuoteSource, "url">, symbol: string): string {
  return url.replaceAll("{symbol}", encodeURIComponent(symbol));
}

/**
 * The quote that an answer of the source tells of an instrument.
 * @param now stamp
 * @throws AppError naming the path whose value is missing or cannot be read
 */
export function readSourceQuote(
  source: QuoteSource,
  answer: unknown,
  { instrumentId, now }: { readonly instrumentId: number; readonly now: number },
): NewQuote {
  const price = (path: string) => {
    const value = findValue(answer, path);
    if (typeof value === "string" || typeof value === "number") return readQuotedPrice(value, path);
    throw unread(path, "is no price");
  };
  const { time, sequence } = source;
  return {
    instrumentId,
    bid: price(source.bid),
    ask: price(source.ask),
    last: price(source.last),
    time: time === undefined ? now : readSourceTime(findValue(answer, time), time),
    source: source.name,
    sequence: sequence === undefined ? null : readSequence(findValue(answer, sequence), sequence),
  };
}

function readSourceTime(value: unknown, path: string): number {
  if (typeof value === "string") return readTime(value, path);
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 1e13)
    return (value as number) * 1_000;
  throw unread(path, "is no time");
}

function readSequence(value: unknown, path: string): number {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
  throw unread(path, "is no whole number");
}

/** Undefined where a step leads nowhere. Only what the answer itself has counts, not what every object inherits. */
function findValue(answer: unknown, path: string): unknown {
  let value = answer;
  for (const step of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = ownOf(value as Readonly<Record<string, unknown>>, step);
  }
  return value;
}

function unread(path: string, reason: string): AppError {
  return new AppError("invalid", "invalid_request", { fields: [{ field: path, reason }] });
}
