import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDesk, type TestDesk } from "../../../../tests/desk.ts";
import { createLog } from "../../../runtime/log.ts";
import { startSchedule } from "../../jobs/index.ts";
import { findLatestRate, findLatestRates, findRateHistory } from "./exchange-rate.ts";
import { createHttpRateSource } from "./rate-source.ts";
import { updateExchangeRates } from "./update-exchange-rates.ts";

let ground: TestDesk;
let server: Server;
let respond: RequestListener;
beforeAll(async () => {
  ground = await openTestDesk();
  server = createServer((request, response) => respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await ground.close();
});

function source(options: { timeoutMs?: number; bytesMax?: number } = {}) {
  return createHttpRateSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}/rates`, options);
}

function answer(body: unknown): void {
  respond = (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

function update(options: { timeoutMs?: number; bytesMax?: number } = {}) {
  return updateExchangeRates({ db: ground.db, assets: ground.assets, source: source(options) });
}

it("takes the rates of known currencies, and later only those that changed", async () => {
  answer({ base: "EUR", rates: { USD: 1.0834, JPY: "171.25", XXX: "7" } });
  expect(await update()).toBe(2);
  expect(await findLatestRate(ground.db, "EUR", "USD")).toMatchObject({
    rate: "1.0834",
    source: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    setBy: "system",
  });
  expect(await update()).toBe(0);
  answer({ base: "EUR", rates: { USD: 1.09, JPY: "171.25" } });
  expect(await update()).toBe(1);
  const history = await findRateHistory(ground.db, { base: "EUR", quote: "USD", limit: 10 });
  expect(history.items.map(({ rate }) => rate)).toEqual(["1.09", "1.0834"]);
});

it("refuses a bad answer whole, says why, and adds nothing", async () => {
  answer({ base: "EUR", rates: { GBP: "0.8655" } });
  await update();
  const before = await findLatestRates(ground.db);
  const lies: [unknown, RegExp][] = [
    ["<html>", /not JSON/],
    ["", /not JSON/],
    [[], /must be object/],
    [{ base: "EUR" }, /rates/],
    [{ base: "EUR", rates: {} }, /rates/],
    [{ base: "EUR", rates: { CHF: "0.95", NOK: -1 } }, /EUR in NOK is unusable/],
    [{ base: "EUR", rates: { CHF: "0.95", NOK: 0 } }, /unusable/],
    [{ base: "EUR", rates: { CHF: "0.95", NOK: 1e-9 } }, /unusable/],
    [{ base: "EUR", rates: { CHF: "0.95", NOK: "NaN" } }, /unusable/],
    [{ base: "EUR", rates: { CHF: "0.95", NOK: null } }, /NOK|rates/],
    [{ base: "EUR", rates: { CHF: "0.95", EUR: "1" } }, /EUR in EUR is unusable/],
    [{ base: "EUR", rates: { CHF: "0.95", "no such code": "1" } }, /rates/],
    [{ base: "EUR", rates: { CHF: "0.95", GBP: "86.55" } }, /jumped from 0\.8655 to 86\.55/],
    [{ base: "EUR", rates: { CHF: "0.95", GBP: "0.008655" } }, /jumped/],
    [`{"base":"EUR","rates":{"CHF":"0.95"},"x":"${"y".repeat(2_000)}"}`, /larger than 1000 bytes/],
  ];
  for (const [body, reason] of lies) {
    answer(body);
    await expect(update({ bytesMax: 1_000 })).rejects.toThrow(reason);
  }
  expect(await findLatestRates(ground.db)).toEqual(before);
});

it("gives up on a source that stalls, breaks off or fails, and the schedule goes on", async () => {
  respond = () => undefined;
  await expect(update({ timeoutMs: 50 })).rejects.toThrow(/timeout/i);
  respond = (_request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"base":');
  };
  await expect(update({ timeoutMs: 50 })).rejects.toThrow(/timeout|abort/i);
  respond = (_request, response) => void response.destroy();
  await expect(update()).rejects.toThrow();
  respond = (_request, response) => response.writeHead(503).end();
  await expect(update()).rejects.toThrow("status 503");
  const ran = Promise.withResolvers<void>();
  const run = () => update().finally(ran.resolve);
  const task = { name: "fetch_exchange_rates", everySeconds: 3_600, run };
  const schedule = startSchedule({ db: ground.db, log: createLog("silent"), tasks: [task] });
  await ran.promise;
  await schedule.stop();
  const [row] = await ground.db`SELECT last_error FROM jobs.schedules WHERE name = 'fetch_exchange_rates'`;
  expect(row).toEqual({ last_error: "the rate source answered with status 503" });
});

it("ends at once when the program stops", async () => {
  respond = () => undefined;
  const stopping = new AbortController();
  const fetching = updateExchangeRates(
    { db: ground.db, assets: ground.assets, source: source() },
    stopping.signal,
  );
  stopping.abort();
  await expect(fetching).rejects.toThrow(/abort/i);
});
