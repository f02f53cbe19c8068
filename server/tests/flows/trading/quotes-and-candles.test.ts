// What is kept of quotes: pages by their time, candles of four lengths, months that are made and dropped, and what verify proves of them.
import { afterAll, beforeAll, expect, it } from "vitest";
import { dropQuotes } from "../../../src/modules/trading/quotes/quote-store.ts";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

type Json = ReturnType<typeof JSON.parse>;

let ground: TradingGround;
beforeAll(async () => {
  ground = await openTradingGround({ instrument: { time_zone: "America/New_York" } });
});
afterAll(() => ground.app.stop());

const at = (time: string, price: string, sequence: number) => ({
  ...{ instrument_id: ground.instrumentId, source: "history", sequence, time },
  ...{ bid: price, ask: price, last: price },
});
const take = async (quotes: readonly object[]): Promise<Json> =>
  (await ground.app.send(ground.admin, "POST /quotes", { quotes })).body;
const read = async (path: string): Promise<Json> =>
  (await ground.app.send(ground.trader, `GET /instruments/${ground.instrumentId}/${path}`)).body;
const candles = async (query: string): Promise<Json[]> => (await read(`candles?${query}`)).items;

it("T33 keeps candles by UTC, days by the instrument's time zone, also where a day has 23 or 25 hours", async () => {
  const quotes = [
    at("2020-03-08T04:59:59Z", "10.00", 1), // the last second of 7 March in New York
    at("2020-03-08T05:00:00Z", "11.00", 2),
    at("2020-03-08T06:59:59.5Z", "12.00", 3), // a moment later the clock there jumps from 2 to 3
    at("2020-03-08T07:00:00Z", "13.00", 4),
    at("2020-03-09T03:59:59Z", "9.00", 5),
    at("2020-03-09T04:00:00Z", "14.00", 6),
    at("2020-11-01T05:30:00Z", "15.00", 7), // half past one, twice that night
    at("2020-11-01T06:30:00Z", "16.00", 8),
    at("2020-11-02T04:59:59Z", "17.00", 9),
    at("2020-11-02T05:00:00Z", "18.00", 10),
  ];
  expect(await take(quotes)).toMatchObject({ accepted: 10, ignored: [] });
  const days = await candles("interval=1d");
  const told = days.map(({ starts_at, open, high, low, close, quotes }: Json) =>
    [starts_at.slice(0, 13), open, high, low, close, quotes].join(" "),
  );
  expect(told).toEqual([
    "2020-11-02T05 18.00 18.00 18.00 18.00 1",
    "2020-11-01T04 15.00 17.00 15.00 17.00 3",
    "2020-03-09T04 14.00 14.00 14.00 14.00 1",
    "2020-03-08T05 11.00 13.00 9.00 9.00 4",
    "2020-03-07T05 10.00 10.00 10.00 10.00 1",
  ]);
  const hours = await candles("interval=1h&from=2020-11-01T00:00:00Z&to=2020-11-02T00:00:00Z");
  expect(hours.map(({ starts_at }: Json) => starts_at.slice(11, 13))).toEqual(["06", "05"]);
  expect(await verifyTrading(ground.app.db)).toEqual([]);
});

it("T34 an older quote changes no candle, and a candle that changes counts its quotes", async () => {
  const before = await candles("interval=1m");
  const late = at("2020-03-08T05:00:30Z", "99.00", 3);
  expect(await take([late, { ...late, source: "another", sequence: 900 }])).toMatchObject({
    accepted: 0,
    ignored: [
      { index: 0, reason: "older" },
      { index: 1, reason: "older" },
    ],
  });
  expect(await candles("interval=1m")).toEqual(before);
  await take([at("2020-11-02T05:00:59.999999Z", "19.00", 11), at("2020-11-02T05:01:00Z", "20.00", 12)]);
  const [next, same] = await candles("interval=1m&limit=2");
  expect(next).toMatchObject({ open: "20.00", close: "20.00", quotes: 1 });
  expect(same).toMatchObject({ open: "18.00", high: "19.00", close: "19.00", quotes: 2 });
  expect((await candles("interval=5m&limit=1"))[0]).toMatchObject({
    open: "18.00",
    close: "20.00",
    quotes: 3,
  });
});

it("takes thousands at once into their candles, and gives them back in pages by their own time", async () => {
  const start = Date.parse("2021-06-01T00:00:00Z");
  const many = Array.from({ length: 5_000 }, (_, index) =>
    at(new Date(start + index * 1_000).toISOString(), `${100 + (index % 60)}.00`, 100 + index),
  );
  expect(await take(many)).toMatchObject({ accepted: 5_000 });
  const minute = (await candles("interval=1m&from=2021-06-01T00:01:00Z&to=2021-06-01T00:02:00Z"))[0];
  expect(minute).toMatchObject({
    open: "100.00",
    high: "159.00",
    low: "100.00",
    close: "159.00",
    quotes: 60,
  });
  expect((await candles("interval=1h&from=2021-06-01"))[1]).toMatchObject({ quotes: 3_600 });
  const seen: Json[] = [];
  let cursor = "";
  do {
    const page = await read(
      `quotes?from=2021-06-01T00:00:10Z&to=2021-06-01T00:03:10Z&limit=70${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    seen.push(...page.items);
    cursor = page.next_cursor ?? "";
  } while (cursor !== "");
  expect(seen).toHaveLength(180);
  const numbers = seen.map(({ number }) => number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(new Set(numbers).size).toBe(180);
  expect([seen[0].time, seen[179].time]).toEqual([
    "2021-06-01T00:03:09.000000Z",
    "2021-06-01T00:00:10.000000Z",
  ]);
  const pages = [await read("candles?interval=1m&limit=2")];
  pages.push(await read(`candles?interval=1m&limit=2&cursor=${pages[0].next_cursor}`));
  const starts = pages.flatMap(({ items }) => items.map(({ starts_at }: Json) => starts_at));
  expect(starts).toEqual(starts.toSorted().reverse());
  expect(new Set(starts).size).toBe(4);
});

it("refuses an interval that there is not, a time that it cannot read and an instrument that there is not", async () => {
  const { app, trader, instrumentId } = ground;
  const ask = (path: string) => app.send(trader, `GET /instruments/${path}`);
  for (const [path, status, field] of [
    [`${instrumentId}/candles`, 400, "interval"],
    [`${instrumentId}/candles?interval=2m`, 400, "interval"],
    [`${instrumentId}/candles?interval=1m&from=yesterday`, 400, "from"],
    [`${instrumentId}/candles?interval=1m&from=2021-01-02&to=2021-01-01`, 422, "to"],
    [`${instrumentId}/quotes?to=never`, 400, "to"],
    [`${instrumentId}/quotes?cursor=x`, 400, "cursor"],
    ["999999/candles?interval=1m", 404, undefined],
    ["999999/quotes", 404, undefined],
  ] as const) {
    const { status: answered, body } = await ask(path);
    expect([path, answered, body.errors?.[0]?.field]).toEqual([path, status, field]);
  }
});

it("counts the quotes of each instrument without a gap, whatever was ignored between", async () => {
  const { db } = ground.app;
  const [row] = await db<{ count: number; newest: number; kept: number }[]>`
    SELECT count(*)::int AS count, max(number)::int AS newest,
      (SELECT quote_count::int FROM trading.instruments WHERE id = ${ground.instrumentId}) AS kept
    FROM trading.quotes
    WHERE instrument_id = ${ground.instrumentId}`;
  expect(row).toEqual({ count: 5_012, newest: 5_012, kept: 5_012 });
});

it("makes a month of quotes that is missing, and goes on", async () => {
  const { db } = ground.app;
  const month = `trading.quotes_${new Date().toISOString().slice(0, 7).replace("-", "_")}`;
  await db.unsafe(
    `ALTER TABLE trading.quotes DETACH PARTITION ${month}; ALTER TABLE ${month} RENAME TO aside`,
  );
  expect(await ground.quote("101.00")).toMatchObject({ accepted: 1 });
  await db.unsafe("INSERT INTO trading.quotes SELECT * FROM trading.aside; DROP TABLE trading.aside");
  expect(await verifyTrading(db)).toEqual([]);
});

it("verify names a waiting order that a recorded quote has reached, a forgotten high and a wrong candle", async () => {
  const { db } = ground.app;
  await ground.quote("200.00");
  await ground.place({ side: "buy", type: "market", quantity: "20" });
  const stop = await ground.place({ side: "sell", type: "stop", quantity: "10", stop_price: "150.00" });
  const trail = await ground.place({
    side: "sell",
    type: "trailing_stop",
    quantity: "10",
    trail_amount: "90",
  });
  for (const price of ["190.00", "230.00", "180.00", "210.00"]) await ground.quote(price);
  expect(await verifyTrading(db)).toEqual([]);
  const find = async (damage: string, mend: string) => {
    await db.unsafe(damage);
    const [found] = await verifyTrading(db);
    await db.unsafe(mend);
    return [found?.check, found?.orderId];
  };
  const set = (what: string, id: string) => `UPDATE trading.orders SET ${what} WHERE id = ${id}`;
  // The quote of 180 reached 185, though the newest one did not.
  expect(
    await find(set("watch_price = 185000000000", stop.id), set("watch_price = 150000000000", stop.id)),
  ).toEqual(["trade_triggers", Number(stop.id)]);
  expect(
    await find(set("extreme = 210000000000", trail.id), set("extreme = 230000000000", trail.id)),
  ).toEqual(["trade_triggers", Number(trail.id)]);
  for (const [damage, mend] of [
    ["high = high + 1", "high = high - 1"],
    ["quotes = quotes + 1", "quotes = quotes - 1"],
  ] as const)
    for (const interval of damage.startsWith("high") ? [1, 2, 3] : [1, 2, 3, 4]) {
      const where = `WHERE interval = ${interval} AND starts_at = (
        SELECT min(starts_at) FROM trading.candles WHERE interval = ${interval})`;
      const update = (what: string) => `UPDATE trading.candles SET ${what} ${where}`;
      expect(await find(update(damage), update(mend))).toEqual(["trade_candles", undefined]);
    }
  expect(await verifyTrading(db)).toEqual([]);
});

it("drops whole months of quotes that are old enough, and keeps their candles", async () => {
  const { db } = ground.app;
  await db.unsafe(`CREATE TABLE trading.quotes_2020_01 PARTITION OF trading.quotes
    FOR VALUES FROM (1577836800000000) TO (1580515200000000)`);
  const before = await candles("interval=1d");
  expect(await dropQuotes(db, 1_000)).toBe(0);
  expect(await dropQuotes(db, 24)).toBe(1);
  expect(await dropQuotes(db, 24)).toBe(0);
  await expect(dropQuotes(db, 0)).rejects.toThrow("at least one whole month");
  expect(await candles("interval=1d")).toEqual(before);
  expect(await verifyTrading(db)).toEqual([]);
});

it("T46 a quote reads only the orders that it reaches, however many wait", async () => {
  const { db } = ground.app;
  await ground.place({ side: "buy", type: "market", quantity: "1" });
  const pattern = await ground.place({ side: "sell", type: "stop", quantity: "1", stop_price: "20.00" });
  const [{ columns = "" } = {}] = await db<{ columns: string }[]>`
    SELECT string_agg(quote_ident(attname), ', ') AS columns
    FROM pg_attribute
    WHERE attrelid = 'trading.orders'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('id', 'client_order_id', 'watch_price', 'extreme', 'hold_id', 'held')`;
  await db.unsafe(`
    INSERT INTO trading.orders (id, watch_price, extreme, ${columns})
    SELECT id + n, 10000000000 + n * 100000, CASE WHEN n % 4 = 0 THEN 900000000000 END, ${columns}
    FROM trading.orders, generate_series(1::bigint, 20000) AS n
    WHERE id = ${pattern.id};
    ANALYZE trading.orders`);
  const count = (price: bigint) =>
    db.begin(async (sql) => {
      // Of this connection, with what earlier transactions on it have read and not yet reported.
      const readSoFar = async () => {
        const [row] = await sql<{ read: number }[]>`
          SELECT (seq_tup_read + idx_tup_fetch)::int AS read
          FROM pg_stat_xact_user_tables
          WHERE schemaname = 'trading' AND relname = 'orders'`;
        return row?.read ?? 0;
      };
      const before = await readSoFar();
      const { count: found } = await sql`
        SELECT key, id
        FROM trading.find_reached(ARRAY['k'], ARRAY[${ground.instrumentId}]::bigint[], ARRAY[1]::smallint[],
          ARRAY[${price}]::bigint[], ARRAY[${price}]::bigint[])`;
      return { found, read: (await readSoFar()) - before };
    });
  expect(await count(160_000_000_000n)).toEqual({ found: 0, read: 0 });
  const { found, read } = await count(11_999_000_000n); // the last eleven of the copies, the one they are copies of, and two of the test before
  expect(found).toBe(14);
  expect(read).toBeLessThan(60);
  await db`DELETE FROM trading.orders WHERE hold_id IS NULL AND watch_price IS NOT NULL`;
  expect(await verifyTrading(db)).toEqual([]);
});
