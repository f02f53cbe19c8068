// The route of candles: everybody may read them.
import { describePage, type HttpServer, readPage } from "../../../http/index.ts";
import { readRange } from "../../../values/read-input.ts";
import { formatStamp } from "../../../values/time.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { InstrumentParams } from "../instruments/instrument-schemas.ts";
import type { TradingServices } from "../services.ts";
import type { Candle } from "./candle.ts";
import { CandlePage, CandleQuery } from "./candle-schemas.ts";
import { findCandles } from "./find-candles.ts";

export function addCandleRoutes(server: HttpServer, { db, assets }: TradingServices): void {
  server.get(
    "/instruments/:id/candles",
    {
      schema: {
        tags: ["Trading"],
        operationId: "listCandles",
        summary: "The candles of an instrument, newest first",
        description:
          "Of the last price of every quote that counted, kept up to date in the quotes' own commit. A time without quotes has " +
          "no candle. Minutes and hours begin by UTC, days at midnight in the instrument's time zone.",
        params: InstrumentParams,
        querystring: CandleQuery,
        response: { 200: CandlePage },
      },
    },
    async (request) => {
      const instrument = await getInstrument(db, request.params.id);
      if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
      const { money } = sidesOf(assets, instrument);
      const found = await findCandles(db, {
        ...readRange(request.query),
        ...readPage(request.query),
        instrumentId: instrument.id,
        interval: request.query.interval,
      });
      return describePage(found, (candle) => describeCandle(candle, money.scale));
    },
  );
}

function describeCandle({ startsAt, open, high, low, close, quotes }: Candle, moneyScale: number) {
  return {
    starts_at: formatStamp(startsAt),
    open: formatPrice(open, moneyScale),
    high: formatPrice(high, moneyScale),
    low: formatPrice(low, moneyScale),
    close: formatPrice(close, moneyScale),
    quotes,
  };
}
