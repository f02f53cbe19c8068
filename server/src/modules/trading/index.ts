// The door of trading: instruments, quotes, orders to buy and sell, positions.
export { type Depth, findDepth } from "./books/find-depth.ts";
export { createLiveBooks } from "./books/live-books.ts";
export { TRADING_ERRORS } from "./errors.ts";
export { type ImportedQuotes, importQuotes, QUOTE_COLUMNS, type QuoteRow } from "./quotes/import-quotes.ts";
export { tradingRoutes } from "./routes.ts";
export type { TradingServices } from "./services.ts";
