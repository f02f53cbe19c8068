// The settings of trading.
import { currency } from "../forms.ts";
import type { ConfigKey } from "../key.ts";

export const TRADING_KEYS = [
  {
    name: "TRADING_OPEN_ORDERS_MAX",
    group: "Trading",
    type: "integer",
    minimum: 1,
    maximum: 1_000_000,
    default: "1000",
    description: "Most open trade orders that one owner may have.",
  },
  {
    name: "TRADING_ORDERS_PER_MINUTE",
    group: "Trading",
    type: "integer",
    minimum: 0,
    maximum: 1_000_000,
    default: "600",
    description:
      "Most trade orders that a customer may place in a minute; 0: any number. Staff and programs are not counted.",
  },
  {
    name: "TRADING_QUOTES_MONTHS",
    group: "Trading",
    type: "integer",
    minimum: 0,
    maximum: 1_200,
    default: "24",
    description:
      "Months for which quotes are kept beside the present one, by when they came in; older months are dropped whole, their candles stay. 0: for ever.",
  },
  {
    name: "TRADING_REPORTING_CURRENCY",
    group: "Trading",
    type: "string",
    form: currency,
    default: undefined,
    description:
      "Currency in which positions and gains are also told, by the exchange rates of their days; DEFAULT_CURRENCY where nothing is set. Fixed by the first trade.",
  },
  {
    name: "TRADING_COST_BASIS",
    group: "Trading",
    type: "choice",
    choices: ["average", "fifo"],
    default: "average",
    description: "How the cost of what is sold is found, where an order chooses no lots.",
  },
  {
    name: "TRADING_STREAM_MINUTES",
    group: "Trading",
    type: "integer",
    minimum: 1,
    maximum: 10_080,
    default: "60",
    description:
      "Minutes for which the events of orders and executions are kept for streams: one that broke earlier begins with a snapshot.",
  },
  {
    name: "TRADING_QUOTE_SOURCES",
    group: "Trading",
    type: "json",
    default: "[]",
    description:
      "Sources of quotes that are asked over HTTP: URL, how often, instruments, and where in the JSON answer the values stand (docs/trading.md).",
  },
  {
    name: "TRADING_RANDOM_WALK",
    group: "Trading",
    type: "integer",
    minimum: 1,
    maximum: 2_147_483_647,
    default: undefined,
    description:
      "Seed of a random walk that quotes every open instrument which nobody else quotes, a step each second, so that prices move. Not in production.",
  },
] as const satisfies readonly ConfigKey[];
