// The door of trading: instruments, quotes, orders to buy and sell, positions.
export { TRADING_ERRORS } from "./errors.ts";
export { type ImportedQuotes, importQuotes, QUOTE_COLUMNS, type QuoteRow } from "./quotes/import-quotes.ts";
export { tradingRoutes } from "./routes.ts";
export type { TradingServices } from "./services.ts";
