// Finds trade orders for those who may see them: staff all, customers their own. Others' orders are answered like missing ones.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { asHidden } from "../../../values/app-error.ts";
import { EMPTY_PAGE, type Page, toPage } from "../../../values/page.ts";
import { formatStamp } from "../../../values/time.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { selectGainSettings } from "../positions/position-store.ts";
import type { TradingReader } from "../services.ts";
import { describeExecution, describeTradeOrder } from "./describe-trade-order.ts";
import type { TradeOrder } from "./trade-order.ts";
import * as store from "./trade-order-read-store.ts";
import type { TradeOrderDetailDocument } from "./trade-order-schemas.ts";

/** @throws AppError `not_found/trade_order_not_found`, also for somebody else's order */
export async function getTradeOrder({ db }: TradingReader, actor: Actor, id: number): Promise<TradeOrder> {
  const order = await store.selectTradeOrder(db, id);
  if (order === undefined) throw tradingError("trade_order_not_found");
  if (!actsForAll(actor) && order.ownerId !== actor.id) throw asHidden(tradingError("trade_order_not_found"));
  return order;
}

/** With its executions, its timeline and related orders. @throws AppError `not_found/trade_order_not_found` */
export async function getTradeOrderDetail(
  reader: TradingReader,
  actor: Actor,
  id: number,
): Promise<TradeOrderDetailDocument> {
  const { db, assets } = reader;
  const order = await getTradeOrder(reader, actor, id);
  const [instrument, executions, entries, related, { settings }] = await Promise.all([
    getInstrument(db, order.instrumentId),
    store.selectExecutions(db, id),
    store.selectTradeEntries(db, id),
    store.selectRelated(db, order),
    selectGainSettings(db),
  ]);
  const { reportingCurrency } = settings;
  return {
    ...describeTradeOrder(assets, { order, instrument }),
    executions: executions.map((execution) =>
      describeExecution(assets, execution, { instrument, reportingCurrency }),
    ),
    timeline: entries.map(({ at, event, state, actorId, note }) => ({
      at: formatStamp(at),
      event,
      state,
      actor_id: actorId,
      note,
    })),
    related: related.map((each) => describeTradeOrder(assets, { order: each, instrument })),
  };
}

/** Newest first, with their instruments. Asking for another customer finds nothing. */
export async function findTradeOrders(
  { db }: TradingReader,
  actor: Actor,
  filter: store.TradeOrderFilter,
): Promise<Page<{ order: TradeOrder; instrument: Instrument }>> {
  const isOther = filter.ownerId !== undefined && filter.ownerId !== actor.id;
  if (!actsForAll(actor) && isOther) return EMPTY_PAGE;
  const own = actsForAll(actor) ? filter : { ...filter, ownerId: actor.id };
  const found = await store.selectTradeOrders(db, { ...own, limit: own.limit + 1 });
  const page = toPage(found, own.limit, ({ id }) => id);
  const instruments = new Map<number, Instrument>();
  for (const { instrumentId } of page.items)
    if (!instruments.has(instrumentId)) instruments.set(instrumentId, await getInstrument(db, instrumentId));
  const items = page.items.flatMap((order) => {
    const instrument = instruments.get(order.instrumentId);
    return instrument === undefined ? [] : [{ order, instrument }];
  });
  return { ...page, items };
}
