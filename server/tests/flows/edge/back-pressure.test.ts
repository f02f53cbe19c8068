import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestAnswer, type TestApp } from "../../app.ts";

const SENT = 40;
/** At most so many are being committed or wait for it, however batches overlap; all others are turned away. */
const TAKEN_MAX = 5;

let app: TestApp;
let token: string;
let accountId: string;
beforeAll(async () => {
  app = await startTestApp({ BATCH_ITEMS_MAX: "1", BATCH_QUEUE_MAX: "1" });
  token = await app.token("admin");
  accountId = (await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } })).body.id;
});
afterAll(() => app?.stop());

function deposit(key: number): Promise<TestAnswer> {
  const body = { type: "deposit", account_id: accountId, amount: "1.00", currency: "EUR" };
  return app.call("POST", "/api/v1/transactions", {
    token,
    body,
    headers: { "idempotency-key": `deposit-${key}` },
  });
}

/** Sends all at once while the account is locked, and lets go when all but the few taken have been turned away. */
async function sendWhileLocked(): Promise<TestAnswer[]> {
  const sent: Promise<TestAnswer>[] = [];
  await app.db.begin(async (tx) => {
    await tx`SELECT 1 FROM ledger.accounts WHERE id = ${accountId} FOR UPDATE`;
    await new Promise<void>((resolve) => {
      let turnedAway = 0;
      for (let key = 0; key < SENT; key += 1) {
        const answer = deposit(key);
        sent.push(answer);
        void answer.then(({ status }) => {
          turnedAway += status === 503 ? 1 : 0;
          if (turnedAway === SENT - TAKEN_MAX) resolve();
        });
      }
    });
  });
  return Promise.all(sent);
}

it("turns away with 503 and Retry-After what it has no room for, and books it once when it comes again", async () => {
  const answers = await sendWhileLocked();
  const turnedAway = answers.filter(({ status }) => status === 503);
  expect(turnedAway.length).toBeGreaterThanOrEqual(SENT - TAKEN_MAX);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(SENT - turnedAway.length);
  for (const { headers, body } of turnedAway) {
    expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(body).toMatchObject({ code: "queue_full", request_id: headers.get("x-request-id") });
  }
  for (let key = 0; key < SENT; key += 1) expect((await deposit(key)).status).toBe(201);
  const again = await deposit(0);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  const { body } = await app.call("GET", `/api/v1/accounts/${accountId}/balance`, { token });
  expect(body).toMatchObject({ balance: `${SENT}.00` });
});
