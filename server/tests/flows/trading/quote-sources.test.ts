// A source of quotes that is asked over HTTP: what it tells moves prices and fires orders, what makes no sense changes nothing.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { poll } from "../../../src/runtime/embedded-postgres/poll.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
let source: Server;
/** What the source answers, by path. */
const answers = new Map<string, { status: number; body: string }>();
const asked: { path: string; key: string | undefined }[] = [];

beforeAll(async () => {
  source = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, key: request.headers["x-key"] as string | undefined });
    const { status, body } = answers.get(path) ?? { status: 404, body: "{}" };
    response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end(body);
  });
  await new Promise<void>((resolve) => source.listen(0, "127.0.0.1", resolve));
  const { port } = source.address() as AddressInfo;
  const paths = { bid: "quote.bid", ask: "quote.ask", last: "quote.last" };
  ground = await openTradingGround({
    settings: {
      TRADING_QUOTE_SOURCES: JSON.stringify([
        {
          ...{ name: "exchange", url: `http://127.0.0.1:${port}/q/{symbol}`, every_seconds: 1 },
          ...{ symbols: ["SHARE-USD", "NOT-HERE"], headers: { "x-key": "secret" }, ...paths },
        },
      ]),
    },
  });
});
afterAll(async () => {
  await ground.app.stop();
  source.close();
});

const answer = (body: unknown, status = 200) =>
  answers.set("/q/SHARE-USD", { status, body: typeof body === "string" ? body : JSON.stringify(body) });
const newest = async () =>
  (await ground.app.send(ground.trader, `GET /instruments/${ground.instrumentId}`)).body.quote;
const becomes = (until: () => Promise<boolean>) => poll({ timeoutMs: 30_000, until });

it("asks every second with its headers, and what it tells fires orders", async () => {
  answer({ quote: { bid: "99.90", ask: "100.10", last: 100 } });
  expect(await becomes(async () => (await newest())?.last === "100.00")).toBe(true);
  expect(asked[0]).toEqual({ path: "/q/SHARE-USD", key: "secret" });
  expect(await newest()).toMatchObject({ source: "exchange", bid: "99.90", ask: "100.10" });
  const limit = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "95.00" });
  answer({ quote: { bid: "94.00", ask: "94.50", last: "94.00" } });
  expect(await becomes(async () => (await ground.order(limit.id)).status === "COMPLETED")).toBe(true);
  expect((await ground.order(limit.id)).average_price).toBe("94.50");
});

it("takes no quote from an answer that makes no sense, and goes on with the next good one", async () => {
  for (const [body, status] of [
    ["<html>", 200],
    [{ quote: { bid: "1" } }, 200],
    [{ quote: { bid: "1", ask: "-1", last: "x" } }, 200],
    [{ quote: { bid: "0", ask: "0", last: "0" } }, 200],
    [{ quote: { bid: "50", ask: "50", last: "50" } }, 500],
    [{ quote: { bid: "50", ask: "50", last: "50" } }, 302],
  ] as const) {
    answer(body, status);
    const from = asked.length;
    expect(await becomes(async () => asked.length >= from + 2)).toBe(true); // the first was taken when the second is asked for
    expect((await newest()).last).toBe("94.00");
  }
  expect(asked.some(({ path }) => path === "/elsewhere")).toBe(false);
  answer({ quote: { bid: "120", ask: "120", last: "120" } });
  expect(await becomes(async () => (await newest()).last === "120.00")).toBe(true);
}, 120_000);
