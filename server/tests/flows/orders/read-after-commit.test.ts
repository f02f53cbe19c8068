// Orders and balances as two processes show them: no answer is older than a change that was answered before the question.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
/** Another process on the same database. */
let other: TestApp;
let staff: string;
beforeAll(async () => {
  shop = await openTestShop();
  other = await startTestApp({ DB_URL: shop.app.databaseUrl });
  staff = await shop.app.token("admin");
});
afterAll(async () => {
  await other?.stop();
  await shop?.app.stop();
});

const CHANGES = 30;
const ASKERS = 4;

/**
 * While changes are made one after the other, on both processes in turn, many ask both processes.
 * @param change makes change number n, from 1
 * @param read which change the answer shows
 */
async function expectNothingOld(
  path: string,
  { change, read }: { change: (app: TestApp, n: number) => Promise<unknown>; read: (body: never) => number },
): Promise<void> {
  const apps = [shop.app, other];
  let answered = 0;
  let asked = 0;
  const changing = async () => {
    for (let n = 1; n <= CHANGES; n += 1) {
      await change(n % 2 === 0 ? shop.app : other, n);
      answered = n;
    }
  };
  const asking = async (app: TestApp) => {
    while (answered < CHANGES) {
      const least = answered;
      const { status, body } = await app.call("GET", `/api/v1${path}`, { token: staff });
      expect(status).toBe(200);
      expect(read(body as never)).toBeGreaterThanOrEqual(least);
      asked += 1;
    }
  };
  await Promise.all([
    changing(),
    ...apps.flatMap((app) => Array.from({ length: ASKERS }, () => asking(app))),
  ]);
  expect(asked).toBeGreaterThan(CHANGES);
  for (const app of apps) {
    const { body } = await app.call("GET", `/api/v1${path}`, { token: staff });
    expect(read(body as never)).toBe(CHANGES);
  }
}

async function done(app: TestApp, request: string, body: object): Promise<void> {
  const answer = await app.send(staff, request, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
}

it("an order", async () => {
  const account = await shop.openAccount("alice", "10.00");
  const { id: product } = await shop.addProduct();
  const { id } = await shop.buy(account, product, 1);
  await expectNothingOld(`/orders/${id}`, {
    change: (app, n) => done(app, `PATCH /orders/${id}`, { reference: `PO-${n}` }),
    read: ({ reference }: { reference: string | null }) => Number(reference?.slice(3) ?? 0),
  });
});

it("a balance, of deposits, holds and money held in its favor", async () => {
  const [account, payer] = [await shop.openAccount("alice"), await shop.openAccount("bob", "100.00")];
  const holds = { account_id: payer, to_account_id: account, amount: "1.00", currency: "USD" };
  const money = { type: "deposit", account_id: account, amount: "1.00", currency: "USD" };
  await expectNothingOld(`/accounts/${account}/balance`, {
    change: (app, n) =>
      n % 3 === 0 ? done(app, "POST /holds", holds) : done(app, "POST /transactions", money),
    read: ({ balance, incoming }: { balance: string; incoming: string }) =>
      Number(balance) + Number(incoming),
  });
});
