// Shows the trades of a book as quotes: what traded last, with the best prices that rest. So conditional orders are fired by trades,
// and candles and price bands follow them. Each trade is shown once and in order, whichever process comes first: the instrument
// keeps the change of its book up to which trades were shown.
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import { type Decision, type Desk, leaveRow } from "../../desk/index.ts";
import { type NewQuote, takeBuiltQuotes } from "../quotes/take-quotes.ts";
import type { FillServices, TradeNotice } from "../services.ts";
import { QUOTED_SEQS, SHOWN_SEQS, selectBooksToShow, selectUnshownTrades } from "./book-store.ts";
import { TRADES_PER_ORDER_MAX } from "./enter-book.ts";
import { type Depth, findDepth } from "./find-depth.ts";

/** An order that a trade fires may trade again: at most so often in one run, then the task goes on. */
const ROUNDS_MAX = 20;
const TRADES_MAX = TRADES_PER_ORDER_MAX + 1;
const BOOKS_MAX = 500;

/** Shows new trades soon, once for all that ask meanwhile. What cannot be shown now is shown by `quoteAllTrades`, which a task runs. */
export function createTradeQuoter(services: FillServices): TradeNotice {
  const running = new Map<number, { isAskedAgain: boolean }>();
  async function run(instrumentId: number, state: { isAskedAgain: boolean }): Promise<void> {
    try {
      do {
        state.isAskedAgain = false;
        await quoteTrades(services, instrumentId);
      } while (state.isAskedAgain);
    } catch {
      // The task comes to it, and tells of what fails.
    } finally {
      running.delete(instrumentId);
    }
  }
  return {
    notice: (instrumentId) => {
      const state = running.get(instrumentId);
      if (state !== undefined) state.isAskedAgain = true;
      else {
        const begun = { isAskedAgain: false };
        running.set(instrumentId, begun);
        void run(instrumentId, begun);
      }
    },
  };
}

/** Returns the number of books that had trades to be shown. */
export async function quoteAllTrades(services: FillServices): Promise<number> {
  const ids = await selectBooksToShow(services.db, BOOKS_MAX);
  for (const id of ids) await quoteTrades(services, id);
  return ids.length;
}

async function quoteTrades(services: FillServices, instrumentId: number): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { shown, trades } = await selectUnshownTrades(services.db, { instrumentId, limit: TRADES_MAX });
    const last = trades.at(-1);
    if (last === undefined) return;
    const depth = await findDepth(services.db, instrumentId, 1);
    // A change whose trades were not all read is left for the next round, unless it is the only one.
    const isCut = trades.length === TRADES_MAX && trades[0]?.seq !== last.seq;
    const whole = isCut ? trades.filter(({ seq }) => seq < last.seq) : trades;
    await show(services, { instrumentId, shown, depth, trades: whole });
  }
}

interface Showing {
  readonly instrumentId: number;
  /** The change up to which trades were shown before. */
  readonly shown: number;
  readonly trades: readonly { readonly seq: number; readonly price: bigint }[];
  readonly depth: Depth;
}

async function show(services: FillServices, showing: Showing): Promise<void> {
  const { instrumentId, shown, trades } = showing;
  const upTo = trades.at(-1)?.seq ?? shown;
  const outcome = await takeBuiltQuotes(
    services,
    { actor: SYSTEM_ACTOR },
    {
      quotes: toQuotes(showing),
      amend: (command) => ({
        ...command,
        event: null,
        needs: [...(command.needs ?? []), { reader: SHOWN_SEQS, ids: [instrumentId] }],
        decide: (desk: Desk): Decision | AppError => {
          if (desk.rows.of(SHOWN_SEQS).get(instrumentId) !== shown) return { answer: "{}", counted: [] };
          desk.rows.of(SHOWN_SEQS).set(instrumentId, upTo);
          leaveRow(desk, QUOTED_SEQS, { id: instrumentId, seq: upTo });
          return command.decide(desk);
        },
      }),
    },
  );
  if ("refused" in outcome) throw outcome.refused;
}

/** One quote for each price that differs from the trade before: what stands in between fires nothing more. */
function toQuotes({ instrumentId, trades, depth }: Showing): NewQuote[] {
  const changed = trades.filter(({ price }, index) => price !== trades[index - 1]?.price);
  const [bid, ask] = [depth.bids[0]?.price, depth.asks[0]?.price];
  const time = Date.now() * 1_000;
  return changed.map(({ seq, price: last }, index) => ({
    ...{ instrumentId, last, time, source: "book", sequence: seq * (TRADES_MAX + 1) + index },
    bid: bid ?? (ask === undefined || ask > last ? last : ask),
    ask: ask ?? (bid === undefined || bid < last ? last : bid),
  }));
}
