// Asks a source of quotes over HTTP for all its instruments, and takes what it tells in one command. One that fails, or answers
// nonsense, is told in the log and takes no quote; the others count.
import { type CallPolicy, createCallPolicy } from "../../../runtime/call-policy.ts";
import type { Log } from "../../../runtime/log.ts";
import { readBody } from "../../../runtime/read-body.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import { parseJson } from "../../../values/parse-json.ts";
import { selectIdsOfSymbols } from "../instruments/instrument-store.ts";
import type { FillServices } from "../services.ts";
import { type QuoteSource, readSourceQuote, urlOf } from "./quote-source.ts";
import { type NewQuote, takeQuotes } from "./take-quotes.ts";

const TIMEOUT_MS = 5_000;
/** How long a source that keeps failing is left alone. */
const REST_MS = 5_000;
const BYTES_MAX = 1_048_576;

export interface QuotePoll {
  /** Returns how many quotes the source told. */
  readonly run: (stopping: AbortSignal) => Promise<number>;
}

export function openQuotePoll(services: FillServices, source: QuoteSource, log: Log): QuotePoll {
  // No retries: the next turn asks again, and for a newer quote.
  const policy = createCallPolicy({ name: source.name, timeoutMs: TIMEOUT_MS, retries: 0, restMs: REST_MS });
  return {
    run: async (stopping) => {
      const ids = await selectIdsOfSymbols(services.db, source.symbols);
      const asked = await Promise.allSettled(
        source.symbols.map((symbol) => ask(policy, source, { symbol, id: ids.get(symbol), stopping })),
      );
      const quotes = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      for (const [index, each] of asked.entries())
        if (each.status === "rejected")
          log.warn({ symbol: source.symbols[index] }, `no quote of ${source.name}: ${explain(each.reason)}`);
      if (quotes.length > 0) await takeQuotes(services, { actor: SYSTEM_ACTOR }, quotes);
      return quotes.length;
    },
  };
}

async function ask(
  policy: CallPolicy,
  source: QuoteSource,
  of: { readonly symbol: string; readonly id: number | undefined; readonly stopping: AbortSignal },
): Promise<NewQuote> {
  const { id: instrumentId, symbol, stopping } = of;
  if (instrumentId === undefined) throw new Error(`there is no instrument of the symbol ${symbol}`);
  const text = await policy.run(async (signal) => {
    const response = await fetch(urlOf(source, symbol), {
      signal,
      redirect: "error", // a redirect would send the headers to somebody else
      headers: { accept: "application/json", ...source.headers },
    });
    const body = await readBody(response, BYTES_MAX);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return body;
  }, stopping);
  return readSourceQuote(source, parseJson(text), { instrumentId, now: Date.now() * 1_000 });
}

function explain(error: unknown): string {
  if (!(error instanceof AppError)) return (error as Error).message;
  const [first] = error.details.fields ?? [];
  return first === undefined ? error.message : `its answer's ${first.field} ${first.reason}`;
}
