// Takes quotes in from a file's rows, in their order, a thousand at a time: symbol, bid, ask, last and time, and where they are there source
// and sequence. Importing a quote again changes nothing, because by then it is older than the newest known one.

import type { Sql } from "../../../runtime/database.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readTime } from "../../../values/read-input.ts";
import { selectIdsOfSymbols } from "../instruments/instrument-store.ts";
import type { FillServices } from "../services.ts";
import { readQuotedPrice } from "./read-quote.ts";
import { type NewQuote, takeQuotes } from "./take-quotes.ts";

export interface QuoteRow {
  /** The line number in the file. */
  readonly line: number;
  readonly values: ReadonlyMap<string, string>;
}

export interface ImportedQuotes {
  readonly accepted: number;
  readonly ignored: number;
  readonly fired: number;
}

export const QUOTE_COLUMNS = ["symbol", "bid", "ask", "last", "time"] as const;
const ROWS_AT_ONCE = 1_000;

/**
 * Stops at the first row that cannot be read; the thousands of rows before it stay imported.
 * @throws AppError `invalid/invalid_request` naming the line and the column
 */
export async function importQuotes(
  services: FillServices,
  rows: AsyncIterable<QuoteRow>,
  onProgress: (done: number) => void,
): Promise<ImportedQuotes> {
  const sum = { accepted: 0, ignored: 0, fired: 0 };
  let waiting: QuoteRow[] = [];
  const send = async () => {
    if (waiting.length === 0) return;
    const quotes = await readRows(services.db, waiting);
    waiting = [];
    const outcome = await takeQuotes(services, { actor: SYSTEM_ACTOR }, quotes);
    if ("refused" in outcome) throw outcome.refused;
    const { accepted, fired } = JSON.parse(outcome.answer);
    sum.accepted += accepted;
    sum.fired += fired;
    sum.ignored += quotes.length - accepted;
    onProgress(sum.accepted + sum.ignored);
  };
  for await (const row of rows) {
    waiting.push(row);
    if (waiting.length === ROWS_AT_ONCE) await send();
  }
  await send();
  return sum;
}

async function readRows(db: Sql, rows: readonly QuoteRow[]): Promise<NewQuote[]> {
  const symbols = new Set(rows.map(({ values }) => values.get("symbol") ?? ""));
  const ids = await selectIdsOfSymbols(db, [...symbols]);
  return rows.map(({ line, values }) => {
    const of = (column: string) => values.get(column) ?? "";
    const at = (column: string) => `line ${line}, ${column}`;
    const instrumentId = ids.get(of("symbol"));
    if (instrumentId === undefined)
      throw invalidField(at("symbol"), `no instrument is called "${of("symbol")}"`);
    return readAll({
      instrumentId: () => instrumentId,
      bid: () => readQuotedPrice(of("bid"), at("bid")),
      ask: () => readQuotedPrice(of("ask"), at("ask")),
      last: () => readQuotedPrice(of("last"), at("last")),
      time: () => readTime(of("time"), at("time")),
      source: () => readName(values.get("source") ?? "file", at("source")),
      sequence: () => readSequence(values.get("sequence"), at("sequence")),
    });
  });
}

function readSequence(text: string | undefined, field: string): number | null {
  if (text === undefined || text === "") return null;
  const sequence = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(sequence)) return sequence;
  throw invalidField(field, "must be a whole number");
}
