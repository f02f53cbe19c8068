// F6-36: the database's clock ran an hour ahead and is set right. The test cannot set it; it writes what would have been written.
import { afterAll, beforeAll, expect, it } from "vitest";
import { followClock } from "../../../src/modules/ledger/partitions/follow-clock.ts";
import { listSetTimesBack } from "../../../src/program/module-list.ts";
import { openTestShop, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

const HOUR = 3_600_000_000;
let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({
    ORDER_INVOICE_SECONDS: "600",
    CART_EXPIRY_DAYS: "1",
    ORDER_GRACE_SECONDS: "0",
  });
});
afterAll(() => shop?.app.stop());

/** The minutes until then, by the database's clock, which is right. */
async function minutesTo(time: string): Promise<number> {
  const [row] = await shop.app.db<{ minutes: number }[]>`
    SELECT round(extract(epoch FROM ${time}::timestamptz - clock_timestamp()) / 60)::int AS minutes`;
  return row?.minutes ?? Number.NaN;
}

async function placeUnpaid(productId: number): Promise<string> {
  const items = [{ product_id: productId, quantity: 1 }];
  return (await shop.done("POST", "/orders", { items, payment_method: "invoice" })).id;
}

const endOf = async (id: string) => minutesTo((await shop.staff("GET", `/orders/${id}`)).body.expires_at);

it("F6-36 what was reckoned from it ends an hour earlier, and what was not stays", async () => {
  const { db } = shop.app;
  const product = await shop.addProduct();
  const before = await placeUnpaid(product.id);
  const cart = (await shop.alice("POST", "/carts", { body: {} })).body;
  const body = { username: "ada", email: "ada@example.com", password: "correct horse battery staple" };
  await shop.app.call("POST", "/auth/register", { body });
  await shop.app.call("POST", "/auth/login", { body: { ...body, email: undefined } });
  await shop.app.call("POST", "/auth/login", { body: { username: "ada", password: "wrong" } });
  const later = (await shop.app.call("POST", "/auth/login", { body: { ...body, email: undefined } })).body;
  expect(later.access_token).toEqual(expect.any(String));
  // From here on the clock is an hour ahead.
  await db`SELECT setval('ledger.stamps', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ${HOUR}::bigint)`;
  const during = await placeUnpaid(product.id);
  await db`UPDATE orders.orders SET expires_at = expires_at + ${HOUR}::bigint WHERE id = ${during}`;
  await db`UPDATE carts.carts SET changed_at = changed_at + interval '1 hour', expires_at = expires_at + interval '1 hour'`;
  const [newest] = await db`SELECT id FROM identity.sessions ORDER BY created_at DESC LIMIT 1`;
  await db`
    UPDATE identity.sessions
    SET created_at = created_at + interval '1 hour', confirmed_at = confirmed_at + interval '1 hour',
      expires_at = expires_at + interval '1 hour'
    WHERE id = ${newest?.["id"]}`;
  await db`UPDATE identity.throttles SET last_at = last_at + interval '1 hour', open_at = now() + interval '1 hour'`;
  await db`UPDATE identity.mails SET next_attempt_at = now() + interval '1 hour'`;
  const sessions = () => db<{ id: string; lasts: number; isFuture: boolean }[]>`
    SELECT id, round(extract(epoch FROM expires_at - now()) / 60)::int AS lasts,
      greatest(created_at, confirmed_at) > now() AS "isFuture"
    FROM identity.sessions ORDER BY created_at`;
  const lifetime = Math.min(...(await sessions()).map(({ lasts }) => lasts));
  // It is set right.
  await db`
    UPDATE ledger.clock_watch
    SET lead = 0, stamp = (SELECT last_value FROM ledger.stamps),
      seen_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ${HOUR}::bigint`;
  await followClock(db, listSetTimesBack());
  expect([await endOf(before), await endOf(during)]).toEqual([10, 10]);
  expect(await minutesTo((await shop.alice("GET", `/carts/${cart.id}`)).body.expires_at)).toBe(24 * 60);
  for (const { lasts, isFuture } of await sessions()) {
    expect(lasts).toBe(lifetime);
    expect(isFuture).toBe(false);
  }
  const [locked] = await db`SELECT count(*)::int AS count FROM identity.throttles WHERE open_at > now()`;
  expect(locked).toEqual({ count: 0 });
  const [waiting] =
    await db`SELECT count(*)::int AS count FROM identity.mails WHERE next_attempt_at > now() + interval '5 minutes'`;
  expect(waiting).toEqual({ count: 0 });
  // Once only.
  await followClock(db, listSetTimesBack());
  expect([await endOf(before), await endOf(during)]).toEqual([10, 10]);
  expect(await findDifferences(db)).toEqual([]);
});

it("F6-36 a clock that was set back without a posting meanwhile is noticed by what it said before", async () => {
  const { db } = shop.app;
  const ahead = { hours: 3 };
  await db`UPDATE carts.carts SET changed_at = now() + make_interval(hours => ${ahead.hours}), expires_at = now() + make_interval(days => 1, hours => ${ahead.hours})`;
  await followClock(db); // what the stamps say is known
  await db`
    UPDATE ledger.clock_watch
    SET seen_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ${ahead.hours * HOUR}::bigint`;
  await followClock(db, listSetTimesBack());
  const [cart] =
    await db`SELECT round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours FROM carts.carts`;
  expect(cart).toEqual({ hours: 24 });
});

it("F6-36 confirmed orders with stamps of the future are queued after the same time of grace", async () => {
  const product = await shop.addProduct();
  const account = await shop.openAccount("alice", "100.00");
  const { id } = await shop.buy(account, product.id, 1);
  expect(Number(id) / 1_000).toBeGreaterThan(Date.now() + 3_000_000);
  const read = async () => (await shop.staff("GET", `/orders/${id}`)).body.status;
  await expect.poll(read, { timeout: 20_000, interval: 200 }).toBe("QUEUED");
});
