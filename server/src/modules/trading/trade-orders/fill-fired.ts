// Fills the orders that quotes have fired, each by its own command at the price of its quote, exactly once: the command checks
// the order under its instrument's lock, and does nothing where it is filled already. An order that cannot be paid fails.

import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type Decision,
  type Desk,
  rereadFirst,
  submitRereading,
} from "../../desk/index.ts";
import { allOrNothing, releaseHold } from "../../ledger/index.ts";
import { confirmer, enterBook } from "../books/enter-book.ts";
import type { LiveBook } from "../books/live-books.ts";
import { collarAround, collarInBook } from "../books/price-in-book.ts";
import { needBook, reachBook, STAMPS_IN_BOOK, type Wanted } from "../books/reach-book.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { INSTRUMENTS } from "../instruments/instrument-store.ts";
import { POSITIONS } from "../positions/position-store.ts";
import type { FillServices } from "../services.ts";
import { fillOrder, STAMPS_PER_FILL, scopeOfFill } from "./fill-order.ts";
import { needOf } from "./hold-of-order.ts";
import { cancelRelated } from "./related-orders.ts";
import { saveOrder } from "./save-order.ts";
import { AT_ITS_END, moved, ownerOf, type TradeOrder } from "./trade-order.ts";
import { selectFiredExits, selectFiredIds, selectTradeOrder } from "./trade-order-read-store.ts";
import { RELATED_ORDERS, TRADE_ORDERS } from "./trade-order-store.ts";

const ORDERS_PER_ROUND_MAX = 500;
const ROUNDS_MAX = 20;

/**
 * Fills those of the orders that are still fired, and exits fired by their fills. If the desk cannot take one now, it stays fired
 * and the task fills it.
 */
export async function fillFired(services: FillServices, ids: readonly number[]): Promise<void> {
  for (let from = 0; from < ids.length; from += ORDERS_PER_ROUND_MAX) {
    const round = ids.slice(from, from + ORDERS_PER_ROUND_MAX);
    // Read first and then sent in order: which of two is filled first decides what a position has cost.
    const commands = await Promise.all(round.map((id) => buildFillCommand(services, id)));
    await Promise.all(round.map((id, index) => fill(services, id, commands[index])));
  }
  if (ids.length > 0) await fillFired(services, await selectFiredExits(services.db, ids));
}

async function fill(services: FillServices, id: number, command: BookCommand | undefined): Promise<void> {
  let ready = command;
  try {
    await submitRereading(services.desk, async () => {
      const built = ready ?? (await buildFillCommand(services, id));
      ready = undefined; // asked for again, it is read again
      return built;
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "unavailable") throw error;
  }
}

/** Fills fired orders that were left unfilled, because their process died. Returns the number of those it found. */
export async function fillLeftBehind(services: FillServices): Promise<number> {
  let count = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const ids = await selectFiredIds(services.db, ORDERS_PER_ROUND_MAX);
    await fillFired(services, ids);
    count += ids.length;
    if (ids.length < ORDERS_PER_ROUND_MAX) break;
  }
  return count;
}

async function buildFillCommand(services: FillServices, id: number): Promise<BookCommand> {
  const read = await selectTradeOrder(services.db, id);
  if (read === undefined) throw new Error(`trade order ${id} is gone`);
  const instrument = await getInstrument(services.db, read.instrumentId);
  return {
    event: "trade_order.fill",
    actor: SYSTEM_ACTOR,
    scope: {
      ...scopeOfFill(services.assets, instrument, read),
      stampCount: STAMPS_PER_FILL + STAMPS_IN_BOOK,
      holdIds: read.holdId === null ? [] : [read.holdId],
    },
    ...(instrument.venue === "book" ? { reach: reachBook(services, wantedBy(read)) } : {}),
    needs: [
      { reader: INSTRUMENTS, ids: [instrument.id] },
      ...needBook(services, instrument),
      { reader: TRADE_ORDERS, ids: [id] },
      { reader: RELATED_ORDERS, ids: [id, ...(read.groupId === null ? [] : [read.groupId])] },
      { reader: POSITIONS, ids: [read.assetAccountId] },
    ],
    decide: (desk) => decide(desk, services, read),
  };
}

function wantedBy({ instrumentId, ownerId, side, limitPrice: price, quantity, filled }: TradeOrder): Wanted {
  return { instrumentId, ownerId, side, price, quantity: quantity - filled };
}

function decide(desk: Desk, { books }: FillServices, read: TradeOrder): Decision | AppError {
  const order = desk.rows.of(TRADE_ORDERS).get(read.id);
  const instrument = desk.rows.of(INSTRUMENTS).get(read.instrumentId);
  if (order === undefined || instrument === undefined) throw new Error(`trade order ${read.id} is gone`);
  if (order.state !== "fired" || order.firing === null) return answerOf(order);
  if (order.holdId !== read.holdId) return rereadFirst();
  const { dealt: price, quoteId } = order.firing;
  const actorId = SYSTEM_ACTOR.id;
  const live = desk.rows.of(books.reader).get(instrument.id);
  const filled = allOrNothing<TradeOrder | AppError>(desk.book, {
    decide: () =>
      live === undefined
        ? fillOrder(desk, order, { instrument, price, quoteId, actorId })
        : enterBook(desk, order, {
            instrument,
            actorId,
            live,
            price: priceInBook(desk, order, { live, instrument, dealt: price }),
          }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (!(filled instanceof AppError)) return { ...answerOf(filled), committed: confirmer(live) };
  if (filled.kind === "unavailable") return filled;
  if (order.holdId !== null) {
    const freed = releaseHold(desk.book, order.holdId, ownerOf(order));
    if ("refused" in freed) throw new Error(`the hold of trade order ${order.id}: ${freed.refused}`);
  }
  const reason = `it could not be dealt: ${filled.code}`;
  const failed = moved(order, { ...AT_ITS_END, state: "failed", reason });
  saveOrder(desk, failed, { event: "failed", actorId, instrument, note: reason });
  cancelRelated(desk, failed, { instrument, actorId, reason: `trade order ${order.id} failed` });
  return answerOf(failed);
}

/** Its limit, or a collar around the price at which it was fired; a purchase pays at most what is held for it. */
function priceInBook(
  desk: Desk,
  { side, limitPrice, ...order }: TradeOrder,
  { live, instrument, dealt }: { live: LiveBook; instrument: Instrument; dealt: bigint },
): bigint {
  if (limitPrice !== null) return limitPrice;
  const fired = collarAround(live, side, dealt);
  const now = collarInBook(live, side) ?? fired;
  if (side === "sell") return now < fired ? now : fired;
  const { tick } = live.grid;
  let [low, high] = [1n, fired / tick];
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    const bought = { order: { ...order, side, limitPrice }, price: middle * tick, expected: undefined };
    if (needOf(desk.assets, instrument, bought) <= order.held) low = middle;
    else high = middle - 1n;
  }
  return low * tick;
}

function answerOf({ id, state }: TradeOrder): Decision {
  const resource = { type: "trade_order", id: String(id) };
  return { answer: JSON.stringify({ id: String(id), state }), counted: [], resource };
}
