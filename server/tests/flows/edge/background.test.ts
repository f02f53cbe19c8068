import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { startTestApp } from "../../app.ts";
import { makeVendorToken } from "../../servers/vendor.ts";

const patiently = { timeout: 60_000, interval: 100 };

it("keeps itself up: expires due holds, fetches rates, empties the outbox, and stops cleanly", async () => {
  const rates = createServer((_request, response) => response.end('{"base":"EUR","rates":{"USD":1.0834}}'));
  await new Promise<void>((resolve) => rates.listen(0, "127.0.0.1", resolve));
  const app = await startTestApp({
    EXCHANGE_RATE_URL: `http://127.0.0.1:${(rates.address() as AddressInfo).port}/`,
    VENDOR_API_URL: "http://127.0.0.1:1", // nothing is low, so it is not called
    VENDOR_API_TOKEN: makeVendorToken(),
  });
  const token = await app.token("admin");
  const post = async (path: string, body: object) => (await app.call("POST", path, { token, body })).body;
  const get = async (path: string) => (await app.call("GET", path, { token })).body;

  const account = await post("/accounts", { owner_id: "alice", external_owner: true, currency: "EUR" });
  const money = { account_id: account.id, amount: "20000.00", currency: "EUR" };
  await post("/transactions", { ...money, type: "deposit" }); // so large that it is flagged
  const hold = await post("/holds", { ...money, expires_in: 1 });
  await expect.poll(async () => (await get(`/holds/${hold.id}`)).state, patiently).toBe("expired");
  expect(await get(`/accounts/${account.id}/balance`)).toMatchObject({ available: "20000.00", held: "0.00" });
  await expect
    .poll(async () => (await get("/exchange-rates")).items, patiently)
    .toMatchObject([{ rate: "1.0834" }]);
  await expect.poll(async () => (await app.db`SELECT FROM jobs.outbox`).length, patiently).toBe(0);
  expect(await get("/metrics")).toMatch(/^events_delivered_total [1-9]/m);
  // The hold is shown as expired from its time on; the sweeper ends it some seconds later.
  await expect
    .poll(() => get("/metrics"), patiently)
    .toMatch(/^transactions_total\{type="WITHDRAW",status="CANCELLED"\} 1$/m);
  const tasks = await app.db`SELECT name FROM jobs.schedules WHERE last_error IS NULL ORDER BY name`;
  expect(tasks.map((task) => task["name"])).toEqual([
    "cancel_for_broken_streams",
    "check_integrity",
    "count_words",
    "create_partitions",
    "delete_old_feed_events",
    "drop_old_quotes",
    "enforce_trading_stops",
    "expire_carts",
    "expire_holds",
    "expire_orders",
    "expire_trade_orders",
    "fetch_exchange_rates",
    "fill_fired_trade_orders",
    "forget_old_sessions",
    "forget_webhooks",
    "make_audit_checkpoints",
    "queue_orders",
    "quote_trades",
    "reorder_stock",
    "rotate_idempotency_epochs",
    "rotate_signing_keys",
    "send_mails",
    "sweep_stock",
    "take_portfolio_snapshots",
    "watch_clock",
  ]);
  await app.stop();
  await new Promise((resolve) => rates.close(resolve));
});
