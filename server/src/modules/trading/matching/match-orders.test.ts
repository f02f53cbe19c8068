import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isCrossed,
  isOver,
  type MatchCommand,
  type MatchEvent,
  matchCommand,
  type PlaceInBook,
  repeatEvent,
} from "./match-orders.ts";
import type { Side } from "./meet-quote.ts";
import { createOrderBook, type NewBookOrder, type OrderBook, ordersOf, undoTo } from "./order-book.ts";

/** The same rules on one sorted list, as naive as can be: the oracle. */
function createTwin() {
  let list: (NewBookOrder & { left: number })[] = []; // in the order in time
  const best = (side: Side) =>
    list
      .filter((order) => order.side !== side)
      .sort((a, b) => (side === "buy" ? a.price - b.price : b.price - a.price));
  const drop = (id: number) => {
    list = list.filter((order) => order.id !== id);
  };
  function place(command: PlaceInBook, now: number): MatchEvent[] {
    const { id, owner, side, price, remainder, selfTrade, quantity, expiresAt, session } = command;
    const crossed = best(side).filter((order) => isCrossed(side, price, order.price));
    const live = crossed.filter((order) => !isOver(order, { now, session: 0 }));
    if (command.isPostOnly && live.length > 0) return [{ is: "refused", id, reason: "would_be_dealt" }];
    const own = live.findIndex((order) => order.owner === owner);
    const usable = selfTrade === "oldest" || own === -1 ? live : live.slice(0, own);
    const sum = usable.reduce((all, order) => all + (order.owner === owner ? 0 : order.left), 0);
    if (remainder === "all_or_none" && sum < quantity)
      return [{ is: "cancelled", id, left: quantity, reason: "not_all" }];
    const events: MatchEvent[] = [];
    let left = quantity;
    for (const maker of crossed) {
      if (left === 0) break;
      const by = Math.min(left, maker.left);
      if (isOver(maker, { now, session: 0 })) {
        drop(maker.id);
        events.push({ is: "expired", id: maker.id });
      } else if (maker.owner !== owner) {
        [maker.left, left] = [maker.left - by, left - by];
        if (maker.left === 0) drop(maker.id);
        const sides = { takerId: id, makerId: maker.id };
        events.push({ is: "filled", ...sides, price: maker.price, quantity: by, makerLeft: maker.left });
      } else {
        const reason = "self_trade";
        const isSmaller = selfTrade === "decrement" && by < maker.left;
        if (isSmaller) {
          maker.left -= by;
          events.push({ is: "reduced", id: maker.id, by, left: maker.left, reason });
        } else if (selfTrade !== "newest") {
          drop(maker.id);
          events.push({ is: "cancelled", id: maker.id, left: maker.left, reason });
        }
        if (selfTrade === "oldest") continue;
        const isPart = selfTrade === "decrement" && by < left;
        if (isPart) events.push({ is: "reduced", id, by, left: left - by, reason });
        else events.push({ is: "cancelled", id, left, reason });
        left = isPart ? left - by : 0;
      }
    }
    if (left === 0) return events;
    if (price === null || remainder !== "rests")
      return [...events, { is: "cancelled", id, left, reason: "not_dealt" }];
    const order = { id, owner, side, price, left, expiresAt, session };
    list.push({ ...order });
    return [...events, { is: "rested", order }];
  }
  return { place, drop, all: () => list, find: (id: number) => list.find((order) => order.id === id) };
}

const SIDE = fc.constantFrom<Side>("buy", "sell");
const PLACING = fc.record({
  do: fc.constant("place" as const),
  owner: fc.constantFrom("a", "b", "c", "d"),
  side: SIDE,
  price: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 95, max: 105 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  quantity: fc.integer({ min: 1, max: 9 }),
  remainder: fc.constantFrom<PlaceInBook["remainder"]>("rests", "rests", "rests", "ends", "all_or_none"),
  isPostOnly: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
  selfTrade: fc.constantFrom<PlaceInBook["selfTrade"]>("newest", "oldest", "both", "decrement"),
  expiresAt: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 80 })),
});
const STEP = fc.oneof(
  { weight: 6, arbitrary: PLACING },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), at: fc.nat(60) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("reduce" as const),
      at: fc.nat(60),
      by: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("replace" as const),
      at: fc.nat(60),
      price: fc.integer({ min: 95, max: 105 }),
    }),
  },
);

const shown = (book: OrderBook) =>
  (["buy", "sell"] as const).flatMap((side) =>
    [...ordersOf(book, side)].map(({ id, owner, price, left }) => ({ side, id, owner, price, left })),
  );

/** Plays the steps on the book, its twin and a book that only repeats the events; all three must agree after each. */
function playAll(steps: readonly (typeof STEP extends fc.Arbitrary<infer Step> ? Step : never)[]): void {
  const book = createOrderBook();
  const repeated = createOrderBook();
  const twin = createTwin();
  for (const [now, step] of steps.entries()) {
    const events = play(book, twin, { step, now });
    for (const event of events) repeatEvent(repeated, event);
    expect(shown(repeated)).toEqual(shown(book));
    const expected = (["buy", "sell"] as const).flatMap((side) =>
      twin
        .all()
        .filter((order) => order.side === side)
        .sort((a, b) => (side === "buy" ? b.price - a.price : a.price - b.price))
        .map(({ id, owner, price, left }) => ({ side, id, owner, price, left })),
    );
    expect(shown(book)).toEqual(expected);
    const [bid, ask] = (["buy", "sell"] as const).map((side) =>
      shown(book).find((order) => order.side === side),
    );
    const isCrossing = bid !== undefined && ask !== undefined && bid.price >= ask.price;
    if (isCrossing) expect([...book.orders.values()].some((order) => order.expiresAt <= now)).toBe(true);
  }
}

function play(
  book: OrderBook,
  twin: ReturnType<typeof createTwin>,
  { step, now }: { step: typeof STEP extends fc.Arbitrary<infer Step> ? Step : never; now: number },
): MatchEvent[] {
  const moment = { now, session: 0 };
  if (step.do === "place") {
    const command = { ...step, id: now + 1, session: 0 };
    const before = quantityOf(book);
    const events = matchCommand(book, command, moment);
    expect(events).toEqual(twin.place(command, now));
    checkConserved(events, { before, after: quantityOf(book), placed: step.quantity });
    return events;
  }
  const ids = [...book.orders.keys()].sort((a, b) => a - b);
  const id = ids[step.at % Math.max(ids.length, 1)] ?? 0;
  const known = twin.find(id);
  if (step.do === "replace") {
    if (known === undefined) return [];
    const { owner, side, left: quantity, expiresAt } = known;
    const terms = { isPostOnly: false, selfTrade: "newest", expiresAt, session: 0 } as const;
    const command: MatchCommand = { do: "replace", id, owner, side, quantity, price: step.price, ...terms };
    const events = matchCommand(book, command, moment);
    twin.drop(id);
    const placed = twin.place({ ...command, do: "place", remainder: "rests" }, now);
    expect(events).toEqual([{ is: "replaced", id }, ...placed]);
    return events;
  }
  const by = step.do === "cancel" ? (known?.left ?? 0) : step.by;
  if (known !== undefined && by >= known.left) twin.drop(id);
  else if (known !== undefined) known.left -= by;
  return matchCommand(book, step.do === "cancel" ? { do: "cancel", id } : { do: "reduce", id, by }, moment);
}

function quantityOf(book: OrderBook): number {
  return [...book.orders.values()].reduce((sum, { left }) => sum + left, 0);
}

/** What was in the book and came is in the book, was dealt (on both sides), or ended. */
function checkConserved(
  events: readonly MatchEvent[],
  { before, after, placed }: { before: number; after: number; placed: number },
): void {
  let gone = events.some(({ is }) => is === "refused") ? placed : 0;
  for (const event of events) {
    if (event.is === "filled") gone += 2 * event.quantity;
    if (event.is === "cancelled") gone += event.left;
    if (event.is === "reduced") gone += event.by;
  }
  if (!events.some(({ is }) => is === "expired")) expect(before + placed).toBe(after + gone);
}

test("T10, T13: random orders are dealt as the naive twin deals them, and repeating the events gives the same book", () => {
  fc.assert(fc.property(fc.array(STEP, { minLength: 1, maxLength: 60 }), playAll), { numRuns: 400 });
});

test("taking everything back gives the book as it was", () => {
  const property = fc.property(
    fc.array(STEP, { maxLength: 40 }),
    fc.array(STEP, { maxLength: 40 }),
    (first, then) => {
      const book = createOrderBook();
      const twin = createTwin();
      for (const [now, step] of first.entries()) if (step.do !== "replace") play(book, twin, { step, now });
      const before = shown(book);
      book.undoLog = [];
      for (const [index, step] of then.entries()) {
        const now = 100 + index;
        const ids = [...book.orders.keys()];
        const id = ids["at" in step ? step.at % Math.max(ids.length, 1) : 0] ?? 0;
        if (step.do === "place") matchCommand(book, { ...step, id: now, session: 0 }, { now, session: 0 });
        else if (step.do !== "replace")
          matchCommand(book, { ...{ id, by: 1 }, ...step }, { now, session: 0 });
      }
      undoTo(book, 0);
      expect(shown(book)).toEqual(before);
      expect(before.every(({ id }) => book.orders.has(id)) && book.orders.size === before.length).toBe(true);
    },
  );
  fc.assert(property, { numRuns: 300 });
});

const order = (id: number, change: Partial<PlaceInBook>): PlaceInBook => ({
  ...{ do: "place", id, owner: `owner ${id}`, side: "buy", price: 100, quantity: 5, remainder: "rests" },
  ...{ isPostOnly: false, selfTrade: "newest", expiresAt: Number.POSITIVE_INFINITY, session: 0 },
  ...change,
});
const MOMENT = { now: 50, session: 0 };

function bookOf(...orders: readonly PlaceInBook[]): OrderBook {
  const book = createOrderBook();
  for (const each of orders) matchCommand(book, each, { now: 0, session: 0 });
  return book;
}

test("T8: an order at any price in an empty book never rests", () => {
  const book = bookOf();
  const events = matchCommand(book, order(1, { price: null, remainder: "rests" }), MOMENT);
  expect(events).toEqual([{ is: "cancelled", id: 1, left: 5, reason: "not_dealt" }]);
  expect(book.orders.size).toBe(0);
});

test("T9: an order without a rest is not listed, nor is its level", () => {
  const book = bookOf(order(1, { side: "sell" }));
  matchCommand(book, order(2, { quantity: 5 }), MOMENT);
  expect([book.orders.size, [...ordersOf(book, "sell")]]).toEqual([0, []]);
});

test("T11: an order with another price is dealt with what it then crosses", () => {
  const book = bookOf(order(1, { side: "sell", price: 101, quantity: 2 }), order(2, { price: 99 }));
  const { do: _, remainder, ...moved } = order(2, { price: 101 });
  const events = matchCommand(book, { ...moved, do: "replace", price: 101 }, MOMENT);
  expect(events).toMatchObject([
    { is: "replaced" },
    { is: "filled", quantity: 2 },
    { is: "rested", order: { left: 3 } },
  ]);
});

test("T12: all or none counts none of the owner's own orders, and then changes nothing", () => {
  const book = bookOf(
    order(1, { side: "sell", owner: "x", quantity: 3 }),
    order(2, { side: "sell", quantity: 3 }),
  );
  for (const selfTrade of ["newest", "oldest", "both", "decrement"] as const) {
    const events = matchCommand(book, order(3, { owner: "x", remainder: "all_or_none", selfTrade }), MOMENT);
    expect(events).toEqual([{ is: "cancelled", id: 3, left: 5, reason: "not_all" }]);
    expect(book.orders.size).toBe(2);
  }
});

test("T23: an order is not dealt from the moment on in which it is over", () => {
  const book = bookOf(order(1, { side: "sell", expiresAt: 50 }), order(2, { side: "sell", session: -1 }));
  const events = matchCommand(book, order(3, {}), MOMENT);
  expect(events).toMatchObject([{ is: "expired", id: 1 }, { is: "expired", id: 2 }, { is: "rested" }]);
});

test("less keeps an order's place, another price loses it", () => {
  const book = bookOf(order(1, {}), order(2, {}));
  matchCommand(book, { do: "reduce", id: 1, by: 2 }, MOMENT);
  expect([...ordersOf(book, "buy")].map(({ id, left }) => [id, left])).toEqual([
    [1, 3],
    [2, 5],
  ]);
  const { do: _, remainder, ...same } = order(1, {});
  matchCommand(book, { ...same, do: "replace", price: 100 }, MOMENT);
  expect([...ordersOf(book, "buy")].map(({ id }) => id)).toEqual([2, 1]);
});

test("numbers that would not be exact are refused, and change nothing", () => {
  const book = bookOf();
  for (const change of [
    { quantity: 2 ** 53 },
    { quantity: 0 },
    { quantity: 1.5 },
    { price: -1 },
    { price: 2 ** 53 },
  ])
    expect(matchCommand(book, order(1, change), MOMENT)).toEqual([
      { is: "refused", id: 1, reason: "bad_number" },
    ]);
  expect(book.orders.size).toBe(0);
});
