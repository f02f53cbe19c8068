// Opens trading: instruments, quotes and trade orders, and the tasks that fill leftover fired orders and end expired ones.
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import type { Log } from "../../runtime/log.ts";
import type { Task } from "../../runtime/task.ts";
import type { BankingModule } from "../banking/open.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Check, Module } from "../module.ts";
import { takeSnapshots } from "./analytics/take-snapshots.ts";
import { PORTFOLIO_EXPORT, TRADE_EXPORT } from "./analytics/trade-exports.ts";
import { createLiveBooks } from "./books/live-books.ts";
import { createTradeQuoter, quoteAllTrades } from "./books/quote-trades.ts";
import { type GainWish, keepGainSettings } from "./positions/gain-settings.ts";
import { openQuotePoll } from "./quotes/poll-quotes.ts";
import { type QuoteSource, readQuoteSources } from "./quotes/quote-source.ts";
import { dropQuotes } from "./quotes/quote-store.ts";
import { walk } from "./quotes/random-walk.ts";
import { tradingRoutes } from "./routes.ts";
import type { TradingServices, TradingSettings } from "./services.ts";
import { enforceStops } from "./stops/stop-trading.ts";
import { openFeedHub } from "./streams/feed-hub.ts";
import { deleteOldEvents } from "./streams/feed-store.ts";
import { cancelForBroken, openStreamGuards } from "./streams/guard-streams.ts";
import { expireTradeOrders } from "./trade-orders/end-order.ts";
import { fillLeftBehind } from "./trade-orders/fill-fired.ts";
import { verifyTrading } from "./verify/verify-trading.ts";

const SWEEP_SECONDS = 5;
const SNAPSHOT_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const MINUTE_MS = 60_000;

interface TradingModuleSettings extends TradingSettings {
  /** Undefined: no prices are generated. */
  readonly randomWalkSeed: number | undefined;
  /** 0: quotes are kept for ever. */
  readonly quotesMonths: number;
  readonly gains: GainWish;
  /** For how long a stream of orders can go on after a break. */
  readonly streamMinutes: number;
  readonly quoteSources: readonly QuoteSource[];
}

interface Lower {
  readonly ledger: LedgerModule;
  readonly desk: CommandDesk;
  readonly banking: BankingModule;
}

const CHECK: Check = {
  kind: "trades",
  run: async (db, { since }) => ({ differences: await verifyTrading(db, { since }) }),
};

export const trading: Module<"trading", TradingModuleSettings, Lower, TradingServices> = {
  name: "trading",
  readSettings,
  checks: [CHECK],
  exports: [TRADE_EXPORT, PORTFOLIO_EXPORT],
  open: async (
    { db, log },
    { randomWalkSeed, quotesMonths, streamMinutes, quoteSources, gains, ...settings },
    { ledger: { assets }, desk, banking },
  ) => {
    const problem = await keepGainSettings({ db, assets }, gains);
    if (problem !== undefined) throw new ConfigError([problem]);
    const { moneyGuard } = banking;
    const fill = { db, desk, assets, books: createLiveBooks() };
    const trades = createTradeQuoter(fill);
    const services: TradingServices = { ...fill, moneyGuard, settings, trades };
    const hub = openFeedHub({ db, assets, log });
    const guards = openStreamGuards(services, log);
    desk.afterCommit(hub.wake);
    return {
      services,
      routes: [tradingRoutes(services, { hub, guards })],
      close: async () => {
        await guards.close();
        await hub.stop();
      },
      tasks: [
        { name: "fill_fired_trade_orders", everySeconds: SWEEP_SECONDS, run: () => fillLeftBehind(services) },
        {
          name: "take_portfolio_snapshots",
          everySeconds: SNAPSHOT_SECONDS,
          run: () => takeSnapshots(services),
        },
        { name: "quote_trades", everySeconds: SWEEP_SECONDS, run: () => quoteAllTrades(services) },
        { name: "enforce_trading_stops", everySeconds: SWEEP_SECONDS, run: () => enforceStops(services) },
        { name: "expire_trade_orders", everySeconds: SWEEP_SECONDS, run: () => expireTradeOrders(services) },
        {
          name: "cancel_for_broken_streams",
          everySeconds: SWEEP_SECONDS,
          run: () => cancelForBroken(services),
        },
        { name: "delete_old_feed_events", everySeconds: 60, run: () => forget(services, streamMinutes) },
        ...quoteSources.map((source) => pollOf(services, source, log)),
        ...(quotesMonths === 0 ? [] : [dropOf(services, quotesMonths)]),
        ...(randomWalkSeed === undefined ? [] : [walkOf(services, randomWalkSeed)]),
      ],
    };
  },
};

function readSettings(config: Config): TradingModuleSettings {
  const randomWalkSeed = config.TRADING_RANDOM_WALK;
  if (randomWalkSeed !== undefined && config.APP_ENV === "production")
    throw new ConfigError(["TRADING_RANDOM_WALK makes prices up: leave it out in production"]);
  const quoteSources = readQuoteSources(config.TRADING_QUOTE_SOURCES);
  if (typeof quoteSources === "string") throw new ConfigError([quoteSources]);
  return {
    defaultCurrency: config.DEFAULT_CURRENCY,
    openOrdersMax: config.TRADING_OPEN_ORDERS_MAX,
    ordersPerMinuteMax: config.TRADING_ORDERS_PER_MINUTE,
    randomWalkSeed,
    gains: {
      wanted: config.TRADING_REPORTING_CURRENCY,
      byDefault: config.DEFAULT_CURRENCY,
      basis: config.TRADING_COST_BASIS === "fifo" ? "fifo" : "average",
    },
    quotesMonths: config.TRADING_QUOTES_MONTHS,
    streamMinutes: config.TRADING_STREAM_MINUTES,
    quoteSources,
  };
}

function dropOf({ db }: TradingServices, months: number): Task {
  return { name: "drop_old_quotes", everySeconds: DAY_SECONDS, run: () => dropQuotes(db, months) };
}

function pollOf(services: TradingServices, source: QuoteSource, log: Log): Task {
  const { run } = openQuotePoll(services, source, log);
  return { name: `poll_quotes ${source.name}`, everySeconds: source.every_seconds, run };
}

function forget({ db }: TradingServices, minutes: number): Promise<number> {
  return deleteOldEvents(db, (Date.now() - minutes * MINUTE_MS) * 1_000);
}

function walkOf(services: TradingServices, seed: number): Task {
  return { name: "walk_quotes", everySeconds: 1, run: () => walk(services, seed) };
}
