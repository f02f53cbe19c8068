import { expect, it } from "vitest";
import { type QuoteSource, readQuoteSources, readSourceQuote, urlOf } from "./quote-source.ts";

const SOURCE = {
  name: "exchange",
  url: "https://quotes.example/v1/{symbol}?full=1",
  every_seconds: 5,
  symbols: ["SHARE-USD", "A/B"],
  bid: "data.0.b",
  ask: "data.0.a",
  last: "data.0.l",
} as const;
const NOW = 1_700_000_000_000_000;

function read(answer: unknown, more: Partial<QuoteSource> = {}) {
  return readSourceQuote({ ...SOURCE, symbols: [...SOURCE.symbols], ...more }, answer, {
    instrumentId: 7,
    now: NOW,
  });
}
const fault = (answer: unknown, more: Partial<QuoteSource> = {}) => {
  try {
    return String(read(answer, more));
  } catch (error) {
    return (error as { details: { fields: { field: string; reason: string }[] } }).details.fields[0];
  }
};

it("finds the values by their paths, as text or number, and takes its own time where the answer has none", () => {
  expect(read({ data: [{ b: "1.5", a: 2, l: "1.75" }] })).toEqual({
    ...{ instrumentId: 7, bid: 1_500_000_000n, ask: 2_000_000_000n, last: 1_750_000_000n },
    ...{ time: NOW, source: "exchange", sequence: null },
  });
  const timed = { data: [{ b: "1", a: "1", l: "1", t: "2026-01-02T03:04:05Z", n: "12" }] };
  expect(read(timed, { time: "data.0.t", sequence: "data.0.n" })).toMatchObject({
    time: Date.parse("2026-01-02T03:04:05Z") * 1_000,
    sequence: 12,
  });
  const inMs = { data: [{ b: "1", a: "1", l: "1", t: 1_700_000_000_123 }] };
  expect(read(inMs, { time: "data.0.t" }).time).toBe(1_700_000_000_123_000);
});

it("names the path of what is missing or makes no sense", () => {
  expect(fault(undefined)).toEqual({ field: "data.0.b", reason: "is no price" });
  expect(fault({ data: [] })).toEqual({ field: "data.0.b", reason: "is no price" });
  expect(fault({ data: [{ b: "1", a: "-1", l: "1" }] })).toMatchObject({ field: "data.0.a" });
  expect(fault({ data: [{ b: "1", a: "1", l: "one" }] })).toMatchObject({ field: "data.0.l" });
  expect(fault({ data: [{ b: 1, a: 1, l: 1, t: true }] }, { time: "data.0.t" })).toMatchObject({
    field: "data.0.t",
  });
  expect(fault({ data: [{ b: 1, a: 1, l: 1, n: -1 }] }, { sequence: "data.0.n" })).toMatchObject({
    field: "data.0.n",
  });
  expect(fault({ data: [{ b: 1, a: 1, l: 1 }] }, { last: "data.constructor.name" })).toMatchObject({
    field: "data.constructor.name",
  });
});

it("puts the symbol into the URL so that it cannot lead elsewhere", () => {
  expect(urlOf(SOURCE, "A/B")).toBe("https://quotes.example/v1/A%2FB?full=1");
});

it("says what is wrong with the setting", () => {
  expect(readQuoteSources([])).toEqual([]);
  expect(readQuoteSources([SOURCE])).toEqual([SOURCE]);
  expect(readQuoteSources({})).toContain("TRADING_QUOTE_SOURCES must be array");
  expect(readQuoteSources([{ ...SOURCE, every_seconds: 0 }])).toBe(
    "TRADING_QUOTE_SOURCES[0].every_seconds must be >= 1",
  );
  expect(readQuoteSources([{ ...SOURCE, every: 5 }])).toContain("TRADING_QUOTE_SOURCES[0]");
  expect(readQuoteSources([SOURCE, SOURCE])).toContain('names "exchange" twice');
  expect(readQuoteSources([{ ...SOURCE, url: "https://quotes.example/" }])).toContain(
    "must have {symbol} in it",
  );
  expect(readQuoteSources([{ ...SOURCE, url: "ftp://quotes.example/{symbol}" }])).toContain("[0].url");
});
