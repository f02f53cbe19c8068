// Fills an order at the desk against the house: one journal moves the cash one way, the asset the other way, and the fee. Order,
// position, execution, timeline and event change in the same commit. Used for placing an order that can be filled at once, and by
// the command that fills a fired order.
import { AppError } from "../../../values/app-error.ts";
import { type Desk, leaveRow, tellEvent } from "../../desk/index.ts";
import {
  type Assets,
  allOrNothing,
  type BookScope,
  ledgerError,
  postJournal,
  releaseHold,
  type TransferRequest,
  takeStamps,
} from "../../ledger/index.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { feeOf, moneyOf } from "../matching/price.ts";
import { chosenLots } from "../positions/chosen-lots.ts";
import { keepFill } from "../positions/keep-position.ts";
import { FEED_EVENTS } from "../streams/feed-store.ts";
import { describeFill } from "./describe-trade-order.ts";
import { NEW_EXECUTIONS } from "./execution-store.ts";
import { armExits, endOthers } from "./related-orders.ts";
import { saveOrder } from "./save-order.ts";
import { AT_ITS_END, type Execution, moved, ownerOf, type TradeOrder } from "./trade-order.ts";

/** The most that filling an order takes: its hold, transfers and execution, and the holds of orders it ends or activates. */
export const STAMPS_PER_FILL = 12;

/** The scope of filling an order. */
export function scopeOfFill(
  assets: Assets,
  instrument: Pick<Instrument, "asset" | "currency">,
  accounts: Pick<TradeOrder, "cashAccountId" | "assetAccountId">,
): BookScope {
  const { dealt, paid, fees } = houseOf(assets, instrument);
  return {
    accountIds: [accounts.cashAccountId, accounts.assetAccountId, dealt, paid, fees],
    stampCount: STAMPS_PER_FILL,
  };
}

function houseOf(assets: Assets, instrument: Pick<Instrument, "asset" | "currency">) {
  const { security, money } = sidesOf(assets, instrument);
  return {
    dealt: assets.systemAccount(security.id, "dealing"),
    paid: assets.systemAccount(money.id, "dealing"),
    fees: assets.systemAccount(money.id, "fees"),
  };
}

export interface Dealing {
  readonly instrument: Instrument;
  readonly price: bigint;
  readonly quoteId: number;
  readonly actorId: string;
}

/**
 * Fills the rest of the order at the price; its hold is released first, so that any rest of the hold is free in the same
 * commit. Refuses what the ledger does (`insufficient_funds`, `account_frozen`, ...), having booked nothing.
 */
export function fillOrder(desk: Desk, order: TradeOrder, dealing: Dealing): TradeOrder | AppError {
  const { instrument, price, actorId, quoteId } = dealing;
  const quantity = order.quantity - order.filled;
  const { scales } = sidesOf(desk.assets, instrument);
  const money = moneyOf(quantity, price, scales);
  const due = feeOf(order.money + money, instrument) - order.fees;
  const fee = order.side === "sell" && due > money ? money : due;
  const journalId = book(desk, order, { ...dealing, quantity, money, fee });
  if (journalId instanceof AppError) return journalId;
  const [cash, fees] = [order.money + money, order.fees + fee];
  const sums = { filled: order.quantity, money: cash, fees };
  const filled = moved(order, { ...AT_ITS_END, state: "filled", ...sums });
  const id = takeStamps(desk.book, 1);
  const fill = { id, side: order.side, quantity, money, fee, chosen: chosenLots(order) };
  const gain = keepFill(desk, { ...order, instrument }, fill);
  const execution: Execution = {
    id,
    orderId: order.id,
    instrumentId: instrument.id,
    ownerId: order.ownerId,
    assetAccountId: order.assetAccountId,
    side: order.side,
    ...gain,
    ...{ quantity, price, money, fee, journalId, quoteId, bookSeq: null, isMaker: false },
  };
  saveOrder(desk, filled, { event: "filled", actorId, instrument });
  leaveRow(desk, NEW_EXECUTIONS, execution);
  tellExecution(desk, execution, instrument);
  endOthers(desk, filled, { instrument, actorId });
  armExits(desk, filled, { instrument, actorId });
  return filled;
}

/** @returns the journal's id */
function book(
  desk: Desk,
  order: TradeOrder,
  fill: Dealing & { readonly quantity: bigint; readonly money: bigint; readonly fee: bigint },
): number | AppError {
  const { instrument, quantity, money, fee, actorId } = fill;
  const transfers = transfersOf(desk.assets, order, { instrument, quantity, money, fee });
  const outcome = allOrNothing(desk.book, {
    decide: () => {
      const freed = order.holdId === null ? undefined : releaseHold(desk.book, order.holdId, ownerOf(order));
      if (freed !== undefined && "refused" in freed) return freed;
      return postJournal(desk.book, {
        kind: "ORDER_PAYMENT",
        reference: `trade order ${order.id}`,
        actorId,
        owner: { type: "trade_order", id: order.id },
        transfers,
      });
    },
    failed: (result) => "refused" in result,
  });
  return "refused" in outcome ? ledgerError(outcome.refused, outcome.details) : outcome.id;
}

/** The direction of cash and asset depends on the order's side; the fee's does not. */
function transfersOf(
  assets: Assets,
  { side, cashAccountId, assetAccountId }: TradeOrder,
  fill: { instrument: Instrument; quantity: bigint; money: bigint; fee: bigint },
): TransferRequest[] {
  const { dealt, paid, fees } = houseOf(assets, fill.instrument);
  const between = (payer: number, payee: number, amount: bigint): TransferRequest => ({
    debitAccountId: payer,
    creditAccountId: payee,
    amount,
  });
  const exchanged =
    side === "buy"
      ? [between(cashAccountId, paid, fill.money), between(dealt, assetAccountId, fill.quantity)]
      : [between(assetAccountId, dealt, fill.quantity), between(paid, cashAccountId, fill.money)];
  return fill.fee === 0n ? exchanged : [...exchanged, between(cashAccountId, fees, fill.fee)];
}

/** To subscribers of the outbox, and to the owner's streams. */
export function tellExecution(desk: Desk, execution: Execution, instrument: Instrument): void {
  const { id, orderId, instrumentId, quantity, price, money, fee, side } = execution;
  const payload = {
    id: String(id),
    trade_order_id: String(orderId),
    instrument_id: String(instrumentId),
    side,
    ...{ quantity_minor: String(quantity), price_billionths: String(price) },
    ...{ money_minor: String(money), fee_minor: String(fee) },
  };
  tellEvent(desk, { topic: "trade.executed", payload: JSON.stringify(payload) });
  const told = describeFill(desk.assets, execution, instrument);
  const document = { trade_order_id: String(orderId), instrument_id: String(instrumentId), side, ...told };
  leaveRow(desk, FEED_EVENTS, {
    ownerId: execution.ownerId,
    at: desk.book.now,
    kind: "execution",
    document: JSON.stringify({ execution: document }),
  });
}
