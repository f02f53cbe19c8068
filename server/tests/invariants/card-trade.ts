// Orders paid by card beside whatever else a crash test does. The witness is a Stripe that lives in the test's own process and
// is not killed (the sandbox keeps its memory in the program's own database, and would be killed with it): what it charged
// and gave back must be what our books say, order by order.
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { type Fault, type StripeServer, startStripe } from "../servers/stripe.ts";
import type { Answer, ApiClient } from "./api-client.ts";
import { type CrashLoad, openCrashLoad } from "./crash-load.ts";
import { withDatabase } from "./verified.ts";

const WORKERS = 4;
const PATIENCE_MS = 60_000;
/** Done and not answered, not done, refused for now. One that Stripe answers 500 and has not done waits for a person: not here. */
const FAULTS: readonly Fault[] = ["unanswered", "cut off", "500 done", "lost", "409", "429"];
const CARDS = ["pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined"];
const CONFIRMED_CARD = "pm_card_authenticationRequired";
const PAID = new Set(["CONFIRMED", "QUEUED", "PROCESSING", "COMPLETED"]);

export interface CardTrade {
  /** What the server needs to know of Stripe. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where webhooks go from now on; undefined: nowhere. */
  readonly deliverTo: (serverUrl: string | undefined) => void;
  /** Adds what is sold; to be called once, before all else. */
  readonly addProduct: (client: ApiClient) => Promise<void>;
  /** Orders, and cancels about every fourth as soon as it is placed, until `stop`. */
  readonly run: (client: ApiClient, stop: AbortSignal) => Promise<void>;
  /** Asks again for everything that got no answer. */
  readonly settle: (client: ApiClient) => Promise<void>;
  /** What must be true at any moment: each charge is of an order that is there, and each paid order is charged, once. */
  readonly expectCharged: (client: ApiClient, where: string) => Promise<void>;
  /** Waits until no payment is under way: all customers have confirmed, and every webhook came. */
  readonly finish: (dataDir: string) => Promise<void>;
  /** When nothing is under way: what Stripe kept of each order is what our books kept, and only a sale keeps any. */
  readonly expectSameBooks: (client: ApiClient, where: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Trade {
  readonly stripe: StripeServer;
  readonly random: (below: number) => number;
  readonly loads: CrashLoad[];
  readonly cancelled: Set<string>;
  productId: number | undefined;
}

export async function openCardTrade(random: (below: number) => number): Promise<CardTrade> {
  const stripe = await startStripe();
  const trade: Trade = { stripe, random, loads: [], cancelled: new Set(), productId: undefined };
  return {
    settings: {
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_URL: stripe.url,
      PAYMENT_TIMEOUT_MS: "200",
      PAYMENT_POLL_MS: "25",
    },
    deliverTo: (url) => stripe.deliverTo(url === undefined ? undefined : `${url}/api/v1/webhooks/stripe`),
    addProduct: (client) => addProduct(trade, client),
    run: (client, stop) => run(trade, client, stop),
    settle: (client) => settle(trade, client),
    expectCharged: (client, where) => expectCharged(trade, client, where),
    finish: (dataDir) => finish(trade, dataDir),
    expectSameBooks: (client, where) => expectSameBooks(trade, client, where),
    stop: stripe.stop,
  };
}

async function run(trade: Trade, client: ApiClient, stop: AbortSignal): Promise<void> {
  const load = openOrders(trade);
  trade.loads.push(load);
  await Promise.all([load.run(client, stop), cancelSome(trade, client, { load, stop })]);
}

async function addProduct(trade: Trade, client: ApiClient): Promise<void> {
  const product = {
    sku: "CARD",
    name: "Paid by card",
    price: 100,
    currency: "JPY",
    initial_quantity: 100_000,
  };
  const { status, body } = await client.post("/products", product);
  expect(status, JSON.stringify(body)).toBe(201);
  trade.productId = body.id;
}

/** About every third call goes wrong, and every sixth customer has to confirm. */
function openOrders({ stripe, random, productId, loads }: Trade): CrashLoad {
  const describe = (key: string) => {
    const pathEnd = random(4) === 0 ? "/refunds" : "/payment_intents";
    if (random(3) === 0) stripe.goWrong(pathEnd, FAULTS[random(FAULTS.length)] ?? "lost");
    return {
      items: [{ product_id: productId, quantity: 1 + random(3) }],
      payment_method: "credit_card",
      payment_token: random(6) === 0 ? CONFIRMED_CARD : CARDS[random(CARDS.length)],
      currency: "JPY",
      reference: key,
    };
  };
  return openCrashLoad({ path: "/orders", describe, prefix: `card-${loads.length}`, workers: WORKERS });
}

const idsOf = ({ writes }: CrashLoad): string[] =>
  writes.flatMap(({ outcome }) => (outcome !== undefined && "id" in outcome ? [outcome.id] : []));

/** Whatever the payment is doing. */
async function cancelSome(
  { random, cancelled }: Trade,
  client: ApiClient,
  { load, stop }: { load: CrashLoad; stop: AbortSignal },
): Promise<void> {
  const seen = new Set<string>();
  while (!stop.aborted) {
    for (const id of idsOf(load).filter((each) => !seen.has(each))) {
      seen.add(id);
      if (random(4) !== 0) continue;
      cancelled.add(id);
      await cancel(client, id).catch(() => undefined);
    }
    await pause(2);
  }
}

async function cancel(client: ApiClient, id: string): Promise<void> {
  const { status, body }: Answer = await client.post(`/orders/${id}/cancel`, {}, `cancel-${id}`);
  if (status !== 503) expect(status, JSON.stringify(body)).toBe(200);
}

async function settle({ loads, cancelled }: Trade, client: ApiClient): Promise<void> {
  const load = loads.at(-1);
  if (load === undefined) return;
  await load.settle(client);
  expect(load.faults).toEqual([]);
  const known = new Set(idsOf(load));
  await Promise.all([...cancelled].filter((id) => known.has(id)).map((id) => cancel(client, id)));
}

async function expectCharged({ stripe, loads }: Trade, client: ApiClient, where: string): Promise<void> {
  const charges = [...stripe.intents.values()];
  const orders = await readCardOrders(client);
  const ids = new Set(orders.map(({ id }) => id));
  expect(
    charges.filter(({ metadata }) => !ids.has(metadata["order_id"])),
    where,
  ).toEqual([]);
  expect(
    loads.flatMap(idsOf).filter((id) => !ids.has(id)),
    where,
  ).toEqual([]);
  const paid = new Set(
    [...stripe.intents.values()]
      .filter(({ amount, amount_received: received }) => received === amount)
      .map(({ metadata }) => metadata["order_id"]),
  );
  expect(
    orders.filter(({ id, status }) => PAID.has(status) && !paid.has(id)),
    where,
  ).toEqual([]);
  expect(findDoubled(stripe), where).toEqual([]);
}

/** Orders charged, and attempts carried out, more than once. */
function findDoubled({ intents, refunds }: StripeServer): string[] {
  const made = [...intents.values(), ...refunds.values()];
  const charged = [...intents.values()].map(({ metadata }) => `order ${metadata["order_id"]}`);
  const acts = made.map(({ metadata }) => `attempt ${metadata["countinghouse_attempt"]}`);
  return [...charged, ...acts].filter((name, index, all) => all.indexOf(name) !== index);
}

/** Customers answer their bank: most agree. Those of cancelled orders may be too late. */
function confirmAll({ stripe, random }: Trade): void {
  for (const { id, status } of stripe.intents.values())
    if (status === "requires_action") stripe.confirm(id, random(3) === 0 ? "fail" : "succeed");
}

function finish(trade: Trade, dataDir: string): Promise<void> {
  return withDatabase(dataDir, async (db) => {
    // What dead processes had taken is free by itself, a call after ten seconds and a webhook after a minute: not waited for.
    await db`UPDATE payments.attempts SET leased_until = NULL WHERE settled_at IS NULL`;
    await db`UPDATE payments.inbox SET leased_until = NULL WHERE due_at IS NOT NULL`;
    const look = async () => {
      confirmAll(trade);
      await trade.stripe.resend();
      const [row] = await db<[{ count: number }]>`
        SELECT ((SELECT count(*) FROM payments.attempts WHERE settled_at IS NULL) +
          (SELECT count(*) FROM payments.inbox WHERE due_at IS NOT NULL))::int AS count`;
      return { underWay: row.count, doubled: findDoubled(trade.stripe) };
    };
    await expect.poll(look, { timeout: PATIENCE_MS, interval: 50 }).toEqual({ underWay: 0, doubled: [] });
  });
}

async function expectSameBooks(
  { stripe, loads, cancelled }: Trade,
  client: ApiClient,
  where: string,
): Promise<void> {
  const orders = await readCardOrders(client);
  const payments = new Map(
    (await readAll(client, "/payments?provider=stripe")).map((each) => [each.order_id, each]),
  );
  const intents = new Map([...stripe.intents.values()].map((each) => [each.metadata["order_id"], each]));
  expect(orders.map(({ id }) => id).sort(), where).toEqual(loads.flatMap(idsOf).sort());
  const told = orders.map(({ id, status, total }) => {
    const ours = Number(payments.get(id).captured) - Number(payments.get(id).refunded);
    return { id, ours, stripes: keptAt(stripe, intents.get(id)), sold: PAID.has(status) ? Number(total) : 0 };
  });
  expect(told, where).toEqual(told.map(({ id, sold }) => ({ id, ours: sold, stripes: sold, sold })));
  expect(
    orders.filter(({ id, status }) => cancelled.has(id) !== (status === "CANCELLED")),
    where,
  ).toEqual([]);
  expect(told.filter(({ sold }) => sold > 0).length, where).toBeGreaterThan(loads.length); // a trade without sales
  expect(stripe.refunds.size, where).toBeGreaterThan(0); // and refunds proves nothing
}

function keptAt(
  { refunds }: StripeServer,
  intent: { readonly id: string; readonly amount_received: number } | undefined,
): number {
  const given = [...refunds.values()].filter(({ payment_intent: of }) => of === intent?.id);
  return (intent?.amount_received ?? 0) - given.reduce((sum, { amount }) => sum + amount, 0);
}

function readCardOrders(client: ApiClient): Promise<Answer["body"][]> {
  return readAll(client, "/orders?payment_method=credit_card");
}

async function readAll(client: ApiClient, path: string): Promise<Answer["body"][]> {
  const items: Answer["body"][] = [];
  for (let cursor = ""; ; ) {
    const { status, body } = await client.get(`${path}&limit=200${cursor}`);
    expect(status, JSON.stringify(body)).toBe(200);
    items.push(...body.items);
    if (body.next_cursor === null) return items;
    cursor = `&cursor=${body.next_cursor}`;
  }
}
