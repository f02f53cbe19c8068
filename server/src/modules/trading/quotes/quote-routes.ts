// Routes of quotes: programs and staff send them, everybody may read them.
import { addDeskRoute, describePage, type HttpServer, readPage } from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import { readEach, readId, readRange, readTime } from "../../../values/read-input.ts";
import { describeQuote } from "../instruments/describe-instrument.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { InstrumentParams } from "../instruments/instrument-schemas.ts";
import type { TradingServices } from "../services.ts";
import { findQuotes } from "./find-quotes.ts";
import { type QuoteInput, QuotePage, QuoteQuery, QuotesAnswer, QuotesInput } from "./quote-schemas.ts";
import { readQuotedPrice } from "./read-quote.ts";
import { type NewQuote, takeQuotes } from "./take-quotes.ts";

const tags = ["Trading"];

export function addQuoteRoutes(server: HttpServer, services: TradingServices): void {
  const { db, assets } = services;
  addDeskRoute(server, {
    url: "/quotes",
    tags,
    operationId: "takeQuotes",
    summary: "Bring quotes in, one or thousands (programs and staff)",
    description:
      "In their order. One that is older than the newest known, stale, zero or crossed changes nothing. What a quote reaches is " +
      "fired in its commit, and filled before the answer.",
    body: QuotesInput,
    answer: QuotesAnswer,
    status: 200,
    run: ({ body }, caller) => {
      const quotes = readEach(body.quotes, (quote, index) => readQuote(quote, `quotes[${index}].`));
      return takeQuotes(services, caller, quotes);
    },
  });

  server.get(
    "/instruments/:id/quotes",
    {
      schema: {
        tags,
        operationId: "listQuotes",
        summary: "The quotes of an instrument that counted, newest first",
        params: InstrumentParams,
        querystring: QuoteQuery,
        response: { 200: QuotePage },
      },
    },
    async (request) => {
      const instrument = await getInstrument(db, request.params.id);
      if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
      const { money } = sidesOf(assets, instrument);
      const range = { ...readRange(request.query), ...readPage(request.query) };
      const found = await findQuotes(db, { ...range, instrumentId: instrument.id });
      return describePage(found, (quote) => describeQuote(quote, money.scale));
    },
  );
}

/** @throws AppError `invalid/invalid_request` naming the field */
function readQuote(input: QuoteInput, path: string): NewQuote {
  return {
    instrumentId: readId(input.instrument_id, `${path}instrument_id`),
    bid: readQuotedPrice(input.bid, `${path}bid`),
    ask: readQuotedPrice(input.ask, `${path}ask`),
    last: readQuotedPrice(input.last, `${path}last`),
    time: readTime(input.time, `${path}time`),
    source: readName(input.source ?? "api", `${path}source`),
    sequence: input.sequence ?? null,
  };
}
