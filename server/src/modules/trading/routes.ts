// The routes of trading, by resource.
import type { Routes } from "../../http/index.ts";
import { addTradingAnalyticsRoutes } from "./analytics/trading-analytics-routes.ts";
import { addBookRoutes } from "./books/book-routes.ts";
import { addCandleRoutes } from "./candles/candle-routes.ts";
import { addActionRoutes } from "./corporate-actions/action-routes.ts";
import { addInstrumentRoutes } from "./instruments/instrument-routes.ts";
import { addPositionRoutes } from "./positions/position-routes.ts";
import { addQuoteRoutes } from "./quotes/quote-routes.ts";
import type { TradingServices } from "./services.ts";
import { addStopRoutes } from "./stops/stop-routes.ts";
import { addStreamRoutes, type StreamParts } from "./streams/stream-routes.ts";
import { addTradeOrderRoutes } from "./trade-orders/trade-order-routes.ts";

export function tradingRoutes(services: TradingServices, streams: StreamParts): Routes {
  return (server) => {
    addInstrumentRoutes(server, services);
    addQuoteRoutes(server, services);
    addCandleRoutes(server, services);
    addTradeOrderRoutes(server, services);
    addPositionRoutes(server, services);
    addStreamRoutes(server, services, streams);
    addTradingAnalyticsRoutes(server, services);
    addActionRoutes(server, services);
    addBookRoutes(server, services);
    addStopRoutes(server, services);
  };
}
