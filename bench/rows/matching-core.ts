// The matching core alone, one book in this process, against `nodejs-order-book` doing the same commands in the same run, in turns:
// of a hundred commands 80 cancel or replace, 15 rest, 5 take.
import { OrderBook as OtherBook, Side as OtherSide } from "nodejs-order-book";
import { type MatchCommand, matchCommand } from "../../server/src/modules/trading/matching/match-orders.ts";
import type { Side } from "../../server/src/modules/trading/matching/meet-quote.ts";
import { createOrderBook, type OrderBook } from "../../server/src/modules/trading/matching/order-book.ts";
import type { Figure } from "../figures.ts";

const RESTING = 10_000;
const MIDDLE = 10_000;
const SPREAD = 500;
const OWNERS = 1_000;
const MOMENT = { now: 0, session: 0 };
const NEVER = Number.POSITIVE_INFINITY;

/** @param count commands of each slice */
export function measureMatching(count = 500_000, rounds = 5): Figure[] {
  const { setup, commands } = makeCommands(count);
  const ratios: number[] = [];
  const rates: number[] = [];
  const slowest: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const other = timeOther(setup, commands);
    const own = timeOwn(setup, commands);
    if (round === 0) continue;
    ratios.push(other / own);
    rates.push(count / (own / 1_000));
    slowest.push(findPercentile(setup, commands));
  }
  return [
    {
      label: "matching core / nodejs-order-book",
      value: middleOf(ratios),
      unit: "×",
      target: { atLeast: 1 },
    },
    { label: "matching core, commands", value: middleOf(rates), unit: "/s" },
    {
      label: "matching core, p99 of a command",
      value: middleOf(slowest),
      unit: "µs",
      target: { atMost: 50 },
    },
  ];
}

/** Drawn once, on a book of our own, so that what is cancelled or replaced is there. */
function makeCommands(count: number): { setup: MatchCommand[]; commands: MatchCommand[] } {
  const random = createRandom(7);
  const book = createOrderBook();
  const ids: number[] = [];
  let nextId = 1;
  const rest = () => placing(nextId++, { side: random(2) === 0 ? "buy" : "sell", random });
  const setup: MatchCommand[] = Array.from({ length: RESTING }, rest);
  for (const command of setup) play(command);

  function play(command: MatchCommand): MatchCommand {
    for (const event of matchCommand(book, command, MOMENT))
      if (event.is === "rested") ids.push(event.order.id);
    return command;
  }
  function pickLive(): number {
    for (;;) {
      const at = random(ids.length);
      const id = ids[at] ?? 0;
      if (book.orders.has(id)) return id;
      ids[at] = ids.at(-1) ?? 0;
      ids.pop();
    }
  }
  const commands = Array.from({ length: count }, (): MatchCommand => {
    const draw = random(100);
    if (draw < 15) return play(rest());
    if (draw < 20)
      return play({ ...rest(), price: random(2) === 0 ? 1 : MIDDLE * 2, remainder: "ends" } as MatchCommand);
    const id = pickLive();
    if (draw < 35) return play({ do: "cancel", id });
    const { side, owner, left: quantity } = book.orders.get(id) ?? { side: "buy", owner: "", left: 1 };
    const price = priceOf(side, random);
    const terms = { isPostOnly: false, selfTrade: "newest", expiresAt: NEVER, session: NEVER } as const;
    return play({ do: "replace", id, owner, side, quantity, price, ...terms });
  });
  return { setup, commands };
}

function placing(
  id: number,
  { side, random }: { side: Side; random: (below: number) => number },
): MatchCommand {
  return {
    ...{ do: "place", id, owner: `owner-${id % OWNERS}`, side, price: priceOf(side, random) },
    ...{ quantity: 1 + random(10), remainder: "rests", isPostOnly: false, selfTrade: "oldest" },
    ...{ expiresAt: NEVER, session: NEVER },
  };
}

function priceOf(side: Side, random: (below: number) => number): number {
  return side === "buy" ? MIDDLE - 1 - random(SPREAD) : MIDDLE + random(SPREAD);
}

function prepare(setup: readonly MatchCommand[]): OrderBook {
  const book = createOrderBook();
  for (const command of setup) matchCommand(book, command, MOMENT);
  return book;
}

function timeOwn(setup: readonly MatchCommand[], commands: readonly MatchCommand[]): number {
  const book = prepare(setup);
  const startedAt = performance.now();
  for (const command of commands) matchCommand(book, command, MOMENT);
  return performance.now() - startedAt;
}

/** Microseconds, each command timed on its own. */
function findPercentile(setup: readonly MatchCommand[], commands: readonly MatchCommand[]): number {
  const book = prepare(setup);
  const times = new Float64Array(commands.length);
  for (const [index, command] of commands.entries()) {
    const startedAt = performance.now();
    matchCommand(book, command, MOMENT);
    times[index] = performance.now() - startedAt;
  }
  times.sort();
  return (times[Math.floor(times.length * 0.99)] ?? 0) * 1_000;
}

function timeOther(setup: readonly MatchCommand[], commands: readonly MatchCommand[]): number {
  const book = new OtherBook();
  for (const command of setup) playOther(book, command);
  const startedAt = performance.now();
  for (const command of commands) playOther(book, command);
  const tookMs = performance.now() - startedAt;
  const left = book.depth().flatMap((side) => side.map(([, size]) => size));
  if (sum(left) !== leftAfter(setup, commands)) throw new Error("the two books did not do the same work");
  return tookMs;
}

function leftAfter(setup: readonly MatchCommand[], commands: readonly MatchCommand[]): number {
  const book = prepare([...setup, ...commands]);
  return sum([...book.orders.values()].map(({ left }) => left));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function playOther(book: OtherBook, command: MatchCommand): void {
  if (command.do === "place") {
    const { id, side, quantity: size, price, remainder } = command;
    const timeInForce = remainder === "ends" ? "IOC" : "GTC";
    book.limit({ id: String(id), side: sideOf(side), size, price: price ?? 0, timeInForce } as Parameters<
      OtherBook["limit"]
    >[0]);
  } else if (command.do === "cancel") book.cancel(String(command.id));
  else if (command.do === "replace") book.modify(String(command.id), { price: command.price });
}

function sideOf(side: Side): OtherSide {
  return side === "buy" ? OtherSide.BUY : OtherSide.SELL;
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** The same numbers for the same seed (a linear congruence). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}
