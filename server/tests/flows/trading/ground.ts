// A trader, an instrument and quotes, over HTTP: what the flows of trading begin with.
import { startTestApp, type TestApp } from "../../app.ts";

type Json = ReturnType<typeof JSON.parse>;

export interface TradingGround {
  readonly app: TestApp;
  readonly admin: string;
  readonly trader: string;
  readonly instrumentId: string;
  readonly cashId: string;
  readonly assetId: string;
  /** The next quote, of a source that numbers them; bid, ask and last are one price unless told otherwise. */
  readonly quote: (price: string, more?: Readonly<Record<string, unknown>>) => Promise<Json>;
  /** As the trader; 201 unless another status is expected. */
  readonly place: (order: Readonly<Record<string, unknown>>) => Promise<Json>;
  readonly pair: (...orders: Readonly<Record<string, unknown>>[]) => Promise<Json>;
  readonly order: (id: string) => Promise<Json>;
  readonly balance: (accountId: string) => Promise<{ balance: string; held: string }>;
  readonly position: () => Promise<Json>;
}

export interface GroundOptions {
  readonly instrument?: Readonly<Record<string, unknown>>;
  readonly cash?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** An app of its own with SHARE in USD: tick 0.01, lot 1, a fee of 10 basis points, quotes that never grow stale. */
export async function openTradingGround(options: GroundOptions = {}): Promise<TradingGround> {
  const app = await startTestApp(options.settings ?? {});
  const [admin, trader] = [await app.token("admin"), await app.token("customer", "trader")];
  const must = async (token: string, request: string, body?: unknown) => {
    const answer = await app.send(token, request, body);
    if (answer.status >= 300) throw new Error(`${request}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await must(admin, "POST /assets", { code: "SHARE", kind: "security", scale: 0 });
  const { id: instrumentId } = await must(admin, "POST /instruments", {
    symbol: "SHARE-USD",
    name: "A share in dollars",
    asset: "SHARE",
    currency: "USD",
    fee: 10,
    quote_stale_seconds: null,
    ...options.instrument,
  });
  const open = async (currency: string) =>
    (await must(admin, "POST /accounts", { owner_id: "trader", external_owner: true, currency })).id;
  const [cashId, assetId] = [await open("USD"), await open("SHARE")];
  const amount = options.cash ?? "100000.00";
  await must(admin, "POST /transactions", { type: "deposit", account_id: cashId, amount, currency: "USD" });
  let sequence = 0;
  return {
    app,
    admin,
    trader,
    instrumentId,
    cashId,
    assetId,
    quote: (price, more = {}) => {
      sequence += 1;
      const prices = { bid: price, ask: price, last: price, time: new Date().toISOString() };
      const quote = { instrument_id: instrumentId, ...prices, source: "test", sequence, ...more };
      return must(admin, "POST /quotes", { quotes: [quote] });
    },
    place: (order) => must(trader, "POST /trade-orders", { instrument_id: instrumentId, ...order }),
    pair: (...orders) =>
      must(trader, "POST /trade-orders/pairs", {
        orders: orders.map((order) => ({ instrument_id: instrumentId, ...order })),
      }),
    order: (id) => must(trader, `GET /trade-orders/${id}`),
    balance: async (accountId) => {
      const { balance, held } = await must(admin, `GET /accounts/${accountId}/balance`);
      return { balance, held };
    },
    position: async () => (await must(trader, "GET /positions")).items[0],
  };
}
