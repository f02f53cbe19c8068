// One trade between two orders of a book: one journal moves the cash one way, the units the other way and both fees, paid out of the
// holds of the two orders. Both orders, executions and positions change in the same commit.
import type { AppError } from "../../../values/app-error.ts";
import { type Desk, leaveRow } from "../../desk/index.ts";
import {
  ledgerError,
  leftOf,
  postJournal,
  releaseHold,
  type TransferRequest,
  takeStamps,
} from "../../ledger/index.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { feeInBook, moneyOf } from "../matching/price.ts";
import { chosenLots } from "../positions/chosen-lots.ts";
import { keepFill } from "../positions/keep-position.ts";
import { NEW_EXECUTIONS } from "../trade-orders/execution-store.ts";
import { tellExecution } from "../trade-orders/fill-order.ts";
import { keepOrder, saveOrder } from "../trade-orders/save-order.ts";
import {
  AT_ITS_END,
  type Execution,
  heldAccountOf,
  moved,
  ownerOf,
  type TradeOrder,
} from "../trade-orders/trade-order.ts";

/** The most that one trade takes: its transfers, two executions and the ends of both holds. */
export const STAMPS_PER_TRADE = 8;

export interface BookStep {
  readonly instrument: Instrument;
  readonly actorId: string;
  /** The change of the book. */
  readonly seq: number;
}

export interface Trade extends BookStep {
  readonly taker: TradeOrder;
  readonly maker: TradeOrder;
  readonly quantity: bigint;
  readonly price: bigint;
}

interface Part {
  readonly order: TradeOrder;
  readonly isMaker: boolean;
  readonly money: bigint;
  readonly fee: bigint;
}

/** Both orders after the trade. Refuses what the ledger does, naming the account, having booked nothing. */
export function tradeInBook(desk: Desk, trade: Trade): { taker: TradeOrder; maker: TradeOrder } | AppError {
  const { instrument, quantity, price } = trade;
  const { scales } = sidesOf(desk.assets, instrument);
  const money = moneyOf(quantity, price, scales);
  const taker = partOf(desk, trade, { money, isMaker: false });
  const maker = partOf(desk, trade, { money, isMaker: true });
  const posted = postJournal(desk.book, {
    ...{ kind: "ORDER_PAYMENT", actorId: trade.actorId, reference: `trade order ${taker.order.id}` },
    owner: ownerOf(taker.order),
    transfers: transfersOf(desk, trade, { taker, maker, money }),
  });
  if ("refused" in posted) return ledgerError(posted.refused, posted.details);
  const sides = { journalId: posted.id, quantity, price };
  return {
    taker: keepPart(desk, trade, { ...taker, ...sides }),
    maker: keepPart(desk, trade, { ...maker, ...sides }),
  };
}

/** A sale's fee is never more than it brings, a purchase's never more than what is held for it. */
function partOf(
  desk: Desk,
  { taker, maker, instrument }: Trade,
  { money, isMaker }: { money: bigint; isMaker: boolean },
): Part {
  const order = isMaker ? maker : taker;
  const makerMoney = order.makerMoney + (isMaker ? money : 0n);
  const due = feeInBook({ money: order.money + money, makerMoney }, instrument) - order.fees;
  const most = order.side === "sell" ? money : heldFor(desk, order) - money;
  const fee = due < 0n ? 0n : due;
  return { order, isMaker, money, fee: fee > most ? most : fee };
}

function heldFor(desk: Desk, { holdId }: TradeOrder): bigint {
  const hold = holdId === null ? undefined : desk.book.holds.get(holdId);
  return hold === undefined ? 0n : leftOf(hold);
}

function transfersOf(
  desk: Desk,
  { instrument, quantity }: Trade,
  { taker, maker, money }: { taker: Part; maker: Part; money: bigint },
): TransferRequest[] {
  const [buyer, seller] = taker.order.side === "buy" ? [taker, maker] : [maker, taker];
  const { money: currency } = sidesOf(desk.assets, instrument);
  const fees = desk.assets.systemAccount(currency.id, "fees");
  const heldBy = ({ order }: Part) =>
    order.holdId === null ? undefined : { id: order.holdId, owner: ownerOf(order) };
  const [cash, proceeds] = [buyer.order.cashAccountId, seller.order.cashAccountId];
  const transfers: TransferRequest[] = [
    { debitAccountId: cash, creditAccountId: proceeds, amount: money, fromHold: heldBy(buyer) },
    {
      debitAccountId: seller.order.assetAccountId,
      creditAccountId: buyer.order.assetAccountId,
      ...{ amount: quantity, fromHold: heldBy(seller) },
    },
    { debitAccountId: cash, creditAccountId: fees, amount: buyer.fee, fromHold: heldBy(buyer) },
    { debitAccountId: proceeds, creditAccountId: fees, amount: seller.fee },
  ];
  return transfers.filter(({ amount }) => amount > 0n);
}

function keepPart(
  desk: Desk,
  trade: Trade,
  part: Part & { readonly journalId: number; readonly quantity: bigint; readonly price: bigint },
): TradeOrder {
  const { instrument, actorId, seq } = trade;
  const { order, isMaker, money, fee, journalId, quantity, price } = part;
  const { side } = order;
  const id = takeStamps(desk.book, 1);
  const fill = { id, side, quantity, money, fee, chosen: chosenLots(order) };
  const gain = keepFill(desk, { ...order, instrument }, fill);
  const execution: Execution = {
    ...{ id, orderId: order.id, instrumentId: instrument.id, ownerId: order.ownerId },
    ...{ assetAccountId: order.assetAccountId, side, quantity, price, money, fee },
    ...gain,
    ...{ journalId, quoteId: null, bookSeq: seq, isMaker },
  };
  leaveRow(desk, NEW_EXECUTIONS, execution);
  tellExecution(desk, execution, instrument);
  const next: TradeOrder = {
    ...order,
    ...{ filled: order.filled + quantity, money: order.money + money, fees: order.fees + fee },
    ...{ makerMoney: order.makerMoney + (isMaker ? money : 0n), held: heldFor(desk, order), bookSeq: seq },
  };
  if (next.filled < next.quantity) {
    const changed = { ...next, version: next.version + 1 };
    keepOrder(desk, changed);
    return changed;
  }
  releaseRest(desk, next);
  const filled = moved(next, { ...AT_ITS_END, state: "filled" });
  saveOrder(desk, filled, { event: "filled", actorId, instrument });
  return filled;
}

/** Frees what its hold still keeps. */
export function releaseRest(desk: Desk, order: TradeOrder): void {
  if (order.holdId === null || heldFor(desk, order) === 0n) return;
  const freed = releaseHold(desk.book, order.holdId, ownerOf(order));
  if ("refused" in freed) throw new Error(`the hold of trade order ${order.id}: ${freed.refused}`);
}

/** Ends an order before it is filled, with its hold. Takes at most one stamp. */
export function endInBook(
  desk: Desk,
  order: TradeOrder,
  end: BookStep & { readonly as: "cancelled" | "expired" | "failed"; readonly reason: string },
): TradeOrder {
  const { instrument, actorId, seq, as, reason } = end;
  releaseRest(desk, order);
  const ended = moved(order, { ...AT_ITS_END, state: as, reason, bookSeq: seq });
  saveOrder(desk, ended, { event: as, actorId, instrument, note: reason });
  return ended;
}

/** Whether the batch has locked and read all that dealing with a resting order, or ending it, needs. */
export function isAtHand(desk: Desk, order: TradeOrder, positions: ReadonlyMap<number, unknown>): boolean {
  const { accounts, holds } = desk.book;
  const { cashAccountId, assetAccountId, holdId } = order;
  return (
    accounts.has(cashAccountId) &&
    accounts.has(assetAccountId) &&
    positions.has(assetAccountId) &&
    holdId !== null &&
    holds.has(holdId) &&
    accounts.has(heldAccountOf(order))
  );
}
