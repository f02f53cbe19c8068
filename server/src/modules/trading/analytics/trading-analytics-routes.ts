// Routes of the analytics of trading: staff for all or one owner, a customer for their own trades.
import { addRoute, type HttpServer } from "../../../http/index.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { AppError, refusedField } from "../../../values/app-error.ts";
import { formatAmount } from "../../../values/money.ts";
import { readForeignCode } from "../../../values/names.ts";
import { readAll, readTime } from "../../../values/read-input.ts";
import { formatStamp, stampOf } from "../../../values/time.ts";
import type { TradingReader, TradingServices } from "../services.ts";
import {
  DAYS_MAX,
  findSnapshots,
  findVolumes,
  getReportingCurrency,
  summarizeTrading,
  type TradingSummary,
} from "./analytics.ts";
import {
  PortfolioAnswer,
  PortfolioQuery,
  SummaryAnswer,
  type SummaryDocument,
  SummaryQuery,
  VolumeAnswer,
  VolumeQuery,
} from "./analytics-schemas.ts";
import type { TradeFilter, TradeSums } from "./analytics-store.ts";
import { type Fraction, formatFraction } from "./measures.ts";

const tags = ["Trading"];
const SPAN = "Staff: of all, or of owner_id; a customer: their own. Without from: the 30 days before to.";
const MICROSECONDS_PER_DAY = 86_400_000_000;
const DEFAULT_DAYS = 30;

export function addTradingAnalyticsRoutes(server: HttpServer, services: TradingServices): void {
  addRoute(server, {
    url: "/analytics/trading",
    tags,
    operationId: "getTradingSummary",
    summary: "Number and size of trades, fees, return, win rate, turnover, drawdown, fill rate and slippage",
    description: `${SPAN} Formulas: docs/trading.md.`,
    query: SummaryQuery,
    answer: SummaryAnswer,
    run: async ({ actor, query }) => {
      const asked = await readAsked(services, actor, query);
      return {
        ...asked.frame,
        ...describeSummary(await summarizeTrading(services.db, asked.filter, asked), asked.write),
      };
    },
  });

  addRoute(server, {
    url: "/analytics/trading/volume",
    tags,
    operationId: "listTradingVolume",
    summary: "Volume, number and size of trades, by instrument, day (UTC) or owner",
    description: SPAN,
    query: VolumeQuery,
    answer: VolumeAnswer,
    run: async ({ actor, query }) => {
      const { by = "instrument", limit = 100, ...rest } = query;
      const asked = await readAsked(services, actor, rest);
      const found = await findVolumes(services.db, asked.filter, { by, limit, decimals: asked });
      const items = found.map(({ key, sums }) => ({ key, ...describeSums(sums, asked.write) }));
      return { ...asked.frame, by, items };
    },
  });

  addRoute(server, {
    url: "/portfolio",
    tags,
    operationId: "getPortfolio",
    summary: "What an owner's positions were worth at the end of each day (UTC), newest first",
    description:
      "In the reporting currency. The present day's value is of the last hour. A customer: their own.",
    query: PortfolioQuery,
    answer: PortfolioAnswer,
    run: async ({ actor, query: { owner_id, from, to } }) => {
      const ownerId = readOwner(actor, owner_id) ?? actor.id;
      const currency = await getReportingCurrency(services.db);
      const write = writerOf(services, currency);
      const found = await findSnapshots(services.db, { ownerId, from, to });
      return {
        ...{ owner_id: ownerId, currency },
        items: found.map(({ day, value, cost, realized, bought, sold }) => ({
          day,
          value: value === null ? null : write(value),
          cost: cost === null ? null : write(cost),
          realized: realized === null ? null : write(realized),
          bought: write(bought),
          sold: write(sold),
        })),
      };
    },
  });
}

type Write = (amount: bigint) => string;

function writerOf({ assets }: TradingReader, currency: string): Write {
  const scale = assets.byCode(currency)?.scale ?? 0;
  return (amount) => formatAmount(amount, scale);
}

/** @throws AppError `forbidden/forbidden` where a customer asks for another */
function readOwner(actor: Actor, input: string | undefined): string | undefined {
  const ownerId = readForeignCode(input, "owner_id");
  if (actsForAll(actor)) return ownerId;
  if (ownerId === undefined || ownerId === actor.id) return actor.id;
  throw new AppError("forbidden", "forbidden", {
    fields: [{ field: "owner_id", reason: "is for staff: without it you see your own" }],
  });
}

/** @throws AppError `invalid/invalid_request` naming the field, `forbidden/forbidden` */
async function readAsked(services: TradingReader, actor: Actor, query: SummaryQuery) {
  const read = readAll({
    ownerId: () => readOwner(actor, query.owner_id),
    from: () => readTime(query.from, "from"),
    to: () => readTime(query.to, "to"),
  });
  const to = read.to ?? stampOf(new Date()) + 1;
  const from = read.from ?? Math.max(0, to - DEFAULT_DAYS * MICROSECONDS_PER_DAY);
  if (from >= to) throw refusedField("from", "must be before to");
  if (to - from > DAYS_MAX * MICROSECONDS_PER_DAY)
    throw refusedField("from", `must be at most ${DAYS_MAX} days before to`);
  const currency = await getReportingCurrency(services.db);
  await services.assets.lookAgain();
  const filter: TradeFilter = { ownerId: read.ownerId, instrumentId: query.instrument_id, from, to };
  return {
    filter,
    assets: services.assets,
    reporting: services.assets.byCode(currency)?.scale ?? 0,
    frame: { from: formatStamp(from), to: formatStamp(to), currency },
    write: writerOf(services, currency),
  };
}

function describeSums(sums: TradeSums, write: Write) {
  const rated = BigInt(sums.trades - sums.unrated);
  return {
    ...{ trades: sums.trades, unrated_trades: sums.unrated },
    volume: write(sums.volume),
    average_size: rated === 0n ? null : write(sums.volume / rated),
    largest_size: write(sums.largest),
    fees: write(sums.fees),
    realized: write(sums.realized),
  };
}

function describeSummary(
  summary: TradingSummary,
  write: Write,
): Omit<SummaryDocument, "from" | "to" | "currency"> {
  const part = (fraction: Fraction | undefined) => (fraction === undefined ? null : formatFraction(fraction));
  return {
    ...describeSums(summary.sums, write),
    sales: summary.sums.sales,
    win_rate: part(summary.winRate),
    turnover: part(summary.turnover),
    return: part(summary.return),
    largest_drawdown: part(summary.drawdown),
    by_order_type: summary.byType.map(({ type, orders, fillRate, slippage }) => ({
      ...{ type, orders },
      fill_rate: formatFraction(fillRate),
      slippage: part(slippage),
    })),
  };
}
