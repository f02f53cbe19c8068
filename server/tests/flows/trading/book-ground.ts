// Traders with money and shares, and an instrument whose orders are matched with each other, over HTTP.
import { startTestApp, type TestApp } from "../../app.ts";

type Json = ReturnType<typeof JSON.parse>;
type Fields = Readonly<Record<string, unknown>>;

export interface BookGround {
  readonly app: TestApp;
  readonly admin: string;
  readonly instrumentId: string;
  readonly accounts: (owner: string) => { readonly cashId: string; readonly assetId: string };
  readonly send: (owner: string, request: string, body?: unknown) => ReturnType<TestApp["send"]>;
  /** Sends it under an idempotency key. */
  readonly sendUnder: (key: string, owner: string, path: string) => ReturnType<TestApp["call"]>;
  /** A limit order as `buy 5 at 100.00`, or other fields besides; 201 is expected. */
  readonly place: (owner: string, order: string, fields?: Fields) => Promise<Json>;
  readonly attempt: (owner: string, order: string, fields?: Fields) => ReturnType<TestApp["send"]>;
  readonly order: (owner: string, id: string) => Promise<Json>;
  readonly depth: () => Promise<Json>;
  /** Balance and held, of money and of shares. */
  readonly sums: (owner: string) => Promise<string[]>;
}

/** SHARE in USD, tick 0.01, lot 1: 10 basis points for what comes, 4 for what rests. Each owner has 10,000.00 USD, 1,000 shares. */
export async function openBookGround(
  owners: readonly string[],
  options: { readonly instrument?: Fields; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<BookGround> {
  const app = await startTestApp(options.settings ?? {});
  const admin = await app.token("admin");
  const must = async (token: string, request: string, body?: unknown) => {
    const answer = await app.send(token, request, body);
    if (answer.status >= 300) throw new Error(`${request}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await must(admin, "POST /assets", { code: "SHARE", kind: "security", scale: 0 });
  const instrument = {
    symbol: "SHARE-BOOK",
    name: "A share among customers",
    asset: "SHARE",
    currency: "USD",
  };
  const terms = { venue: "book", fee: 10, maker_fee: 4, ...options.instrument };
  const { id: instrumentId } = await must(admin, "POST /instruments", { ...instrument, ...terms });
  const accounts = new Map<string, { cashId: string; assetId: string }>();
  const tokens = new Map<string, string>();
  for (const owner of owners) {
    tokens.set(owner, await app.token("customer", owner));
    const open = async (currency: string, amount: string) => {
      const { id } = await must(admin, "POST /accounts", { owner_id: owner, external_owner: true, currency });
      await must(admin, "POST /transactions", { type: "deposit", account_id: id, amount, currency });
      return id;
    };
    accounts.set(owner, { cashId: await open("USD", "10000.00"), assetId: await open("SHARE", "1000") });
  }
  const tokenOf = (owner: string) => (owner === "admin" ? admin : (tokens.get(owner) ?? ""));
  const fieldsOf = (order: string, fields: Fields) => {
    const [side, quantity, , price] = order.split(" ");
    const priced = price === undefined ? { type: "market" } : { type: "limit", limit_price: price };
    return { instrument_id: instrumentId, side, quantity, ...priced, ...fields };
  };
  const attempt: BookGround["attempt"] = (owner, order, fields = {}) =>
    app.send(tokenOf(owner), "POST /trade-orders", fieldsOf(order, fields));
  const ground: BookGround = {
    ...{ app, admin, instrumentId, attempt },
    accounts: (owner) => accounts.get(owner) ?? { cashId: "", assetId: "" },
    send: (owner, request, body) => app.send(tokenOf(owner), request, body),
    sendUnder: (key, owner, path) =>
      app.call("POST", `/api/v1${path}`, {
        token: tokenOf(owner),
        body: {},
        headers: { "idempotency-key": key },
      }),
    place: async (owner, order, fields = {}) =>
      must(tokenOf(owner), "POST /trade-orders", fieldsOf(order, fields)),
    order: (owner, id) => must(tokenOf(owner), `GET /trade-orders/${id}`),
    depth: () => must(admin, `GET /instruments/${instrumentId}/book`),
    sums: async (owner) => {
      const { cashId, assetId } = ground.accounts(owner);
      const [cash, units] = await Promise.all(
        [cashId, assetId].map((id) => must(admin, `GET /accounts/${id}/balance`)),
      );
      return [cash.balance, cash.held, units.balance, units.held];
    },
  };
  return ground;
}
