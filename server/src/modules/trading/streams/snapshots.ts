// What a stream begins with: the newest quote of an instrument, or the open orders of an owner, each with the number of the last
// event that it contains. What comes after it has the next number.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import type { Assets } from "../../ledger/index.ts";
import { describeQuote } from "../instruments/describe-instrument.ts";
import { selectInstrument, selectInstrumentsById } from "../instruments/instrument-store.ts";
import { describeTradeOrder } from "../trade-orders/describe-trade-order.ts";
import { selectTradeOrders } from "../trade-orders/trade-order-read-store.ts";
import { selectFeedHead } from "./feed-store.ts";

interface Sources {
  readonly db: Sql;
  readonly assets: Assets;
}

export async function takeQuoteSnapshot({ db }: Pick<Sources, "db">, id: number, moneyScale: number) {
  const quote = (await selectInstrument(db, id))?.quote ?? null;
  return {
    instrument_id: String(id),
    sequence: quote?.number ?? 0,
    quote: quote === null ? null : describeQuote(quote, moneyScale),
  };
}

const ORDERS_MAX = 1_000;

/** Of one moment. The newest thousand open orders; `is_complete` tells whether these are all. */
export async function takeOrdersSnapshot({ db, assets }: Sources, ownerId: string) {
  const { sequence, orders, instruments } = await inReadTransaction(db, async (tx) => {
    const head = await selectFeedHead(tx.sql, ownerId);
    const open = await selectTradeOrders(tx.sql, { ownerId, isOpen: true, limit: ORDERS_MAX + 1 });
    const ids = new Set(open.map(({ instrumentId }) => instrumentId));
    return { sequence: head, orders: open, instruments: await selectInstrumentsById(tx.sql, [...ids]) };
  });
  if ([...instruments.values()].some(({ asset }) => assets.byCode(asset) === undefined))
    await assets.refresh();
  return {
    owner_id: ownerId,
    sequence,
    is_complete: orders.length <= ORDERS_MAX,
    orders: orders.slice(0, ORDERS_MAX).flatMap((order) => {
      const instrument = instruments.get(order.instrumentId);
      return instrument === undefined ? [] : [describeTradeOrder(assets, { order, instrument })];
    }),
  };
}
