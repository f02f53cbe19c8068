// What a command that changes a book touches besides its own accounts: the resting orders that it may deal with, with their accounts,
// holds and positions. Asked when its batch begins (BookCommand.reach), so that it is only rarely too little; then the command is
// sent again.
import type { Reach, RowNeed } from "../../desk/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import type { Side } from "../matching/meet-quote.ts";
import { POSITIONS } from "../positions/position-store.ts";
import type { FillServices } from "../services.ts";
import { TRADE_ORDERS } from "../trade-orders/trade-order-store.ts";
import { STAMPS_PER_TRADE } from "./book-trade.ts";
import { forecastMakers, type Maker } from "./live-books.ts";

export interface Wanted {
  readonly instrumentId: number;
  readonly ownerId: string;
  readonly side: Side;
  /** Billionths; null: at any price. */
  readonly price: bigint | null;
  readonly quantity: bigint;
}

/** Besides what is forecast: a change of the book, and what orders of the same batch may be dealt with. */
export const STAMPS_IN_BOOK = 4 + 3 * STAMPS_PER_TRADE;

/** Reads the books and what an order with this price and quantity may meet. */
export function reachBook({ books }: Pick<FillServices, "books">, want: Wanted): (batch: object) => Reach {
  return (batch) => {
    const live = books.peek(want.instrumentId);
    if (live === undefined) return toReach([]);
    const { tick, lot } = live.grid;
    const { side, price, quantity, ownerId: owner } = want;
    const makers = forecastMakers(live, batch, {
      ...{ side, owner, price: price === null ? null : Number(price / tick) },
      quantity: Number(quantity / lot),
    });
    return toReach(makers);
  };
}

/** The need of a command that changes what rests in the instrument's book; none where it has no book. */
export function needBook(
  { books }: Pick<FillServices, "books">,
  { id, venue }: Pick<Instrument, "id" | "venue">,
): RowNeed[] {
  return venue === "book" ? [{ reader: books.reader, ids: [id] }] : [];
}

function toReach(makers: readonly Maker[]): Reach {
  return {
    scope: {
      accountIds: makers.flatMap(({ cashAccountId, assetAccountId }) => [cashAccountId, assetAccountId]),
      holdIds: makers.flatMap(({ holdId }) => holdId ?? []),
      stampCount: makers.length * STAMPS_PER_TRADE,
    },
    needs: [
      { reader: TRADE_ORDERS, ids: makers.map(({ id }) => id) },
      { reader: POSITIONS, ids: makers.map(({ assetAccountId }) => assetAccountId) },
    ],
  };
}
