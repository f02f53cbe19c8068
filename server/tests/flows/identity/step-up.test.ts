// Step-up for large payments: above the limit of a currency, a session that is older than ten minutes has to prove again
// who it is. Numbers are requirements of OWASP ASVS 5.0.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { readTrail } from "../../trail.ts";

let app: TestApp;
let admin: string;
let ada: Customer;
let bobsAccount: string;
beforeAll(async () => {
  app = await startTestApp({ STEP_UP_LIMITS: '{"EUR":"100","JPY":"1000.5"}' });
  admin = (await signUp("root")).token;
  ada = await signUp("ada");
  bobsAccount = await openAccount("bob", "EUR");
});
afterAll(() => app?.stop());

interface Customer {
  readonly id: string;
  /** Of a session that was proved just now. */
  readonly token: string;
  /** Of one that was proved eleven minutes ago. */
  readonly stale: string;
}

const PASSWORD = "correct horse battery staple";
/** "POST /accounts", or with an idempotency key "POST /accounts key". */
const call = (token: string, request: string, body?: unknown) => {
  const [method = "", path = "", key] = request.split(" ");
  const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
  return app.call(method, `/api/v1${path}`, { token, headers, ...(body === undefined ? {} : { body }) });
};
const STALE = { status: 403, body: { code: "step_up_required" } };

async function signUp(username: string): Promise<Customer> {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  const { id } = (await app.call("POST", "/auth/register", { body })).body;
  const logIn = async () =>
    (await app.call("POST", "/auth/login", { body: { username, password: PASSWORD } })).body;
  const { refresh_token } = await logIn();
  await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes' WHERE user_id = ${id}`;
  const stale = (await app.call("POST", "/auth/refresh", { body: { refresh_token } })).body.access_token;
  return { id, stale, token: (await logIn()).access_token };
}

async function openAccount(owner: string, currency: string): Promise<string> {
  const { id } = (await call(admin, "POST /accounts", { owner_id: owner, external_owner: true, currency }))
    .body;
  const amount = currency === "JPY" ? "100000" : "100000.00";
  const deposit = { type: "deposit", account_id: id, amount, currency };
  expect((await call(admin, "POST /transactions", deposit)).status).toBe(201);
  return id;
}

const withdrawal = (account_id: string, amount: string, currency = "EUR") =>
  ({ type: "withdrawal", account_id, amount, currency }) as const;

describe("V7.5.3 above the limit, a session proved eleven minutes ago", () => {
  test("cannot withdraw; after the step-up the same request under the same key goes through, once", async () => {
    const account = await openAccount(ada.id, "EUR");
    const body = withdrawal(account, "100.01");
    const request = "POST /transactions large-1";
    const refused = await call(ada.stale, request, body);
    expect(refused).toMatchObject({
      status: 403,
      body: {
        code: "step_up_required",
        currency: "EUR",
        limit: "100",
        detail: expect.stringMatching(/above 100 EUR/),
      },
    });
    const { access_token } = (await call(ada.stale, "POST /auth/step-up", { password: PASSWORD })).body;
    const done = await call(access_token, request, body);
    expect(done).toMatchObject({ status: 201, body: { balances: [{ balance: "99899.99" }] } });
    expect((await call(access_token, request, body)).body).toEqual(done.body);
    expect(await readTrail(app.db)).toContainEqual(
      expect.objectContaining({
        event: "authz_fail",
        actor_id: ada.id,
        code: "step_up_required",
        details: { route: "POST /api/v1/transactions" },
      }),
    );
  });

  test("may do what is at the limit, stays with its owner, or is of a currency without one", async () => {
    const [account, savings, dollars, yen] = [
      await openAccount(ada.id, "EUR"),
      await openAccount(ada.id, "EUR"),
      await openAccount(ada.id, "USD"),
      await openAccount(ada.id, "JPY"),
    ];
    const post = async (body: object) => (await call(ada.stale, "POST /transactions", body)).status;
    expect(await post(withdrawal(account, "100.00"))).toBe(201);
    expect(await post({ ...withdrawal(account, "5000.00"), type: "transfer", to_account_id: savings })).toBe(
      201,
    );
    expect(await post(withdrawal(dollars, "5000.00", "USD"))).toBe(201);
    expect(await post(withdrawal(yen, "1000", "JPY"))).toBe(201);
    expect(await post(withdrawal(yen, "1001", "JPY"))).toBe(403);
  });

  test("cannot go around it by a transfer, a hold, or a batch of small payments", async () => {
    const account = await openAccount(ada.id, "EUR");
    const { type: _, ...money } = withdrawal(account, "101.00");
    const large = [
      ["POST /transactions", { type: "transfer", ...money, to_account_id: bobsAccount }],
      ["POST /transactions", { type: "withdrawal", ...money, up_to_available: true }],
      ["POST /holds", money],
      ["POST /holds", { ...money, to_account_id: bobsAccount }],
      [
        "POST /transactions/batch",
        { mode: "independent", transactions: [withdrawal(account, "60"), withdrawal(account, "60")] },
      ],
      ["POST /transactions/batch", { mode: "atomic", transactions: [withdrawal(account, "100.01")] }],
    ] as const;
    for (const [request, body] of large)
      expect(await call(ada.stale, request, body), request).toMatchObject(STALE);
    const { body: balance } = await call(ada.token, `GET /accounts/${account}/balance`);
    expect(balance).toMatchObject({ balance: "100000.00", held: "0.00" });
    for (const [request, body] of large)
      expect((await call(ada.token, request, body)).status, request).toBe(201);
  });

  test("cannot make an API key, nor go around the limit with one that lacks payments:large; nor does staff pay out for others", async () => {
    const account = await openAccount(ada.id, "EUR");
    const key = { name: "till", scopes: ["transactions:write"] };
    expect(await call(ada.stale, "POST /users/me/api-keys", key)).toMatchObject(STALE);
    const made = (await call(ada.token, "POST /users/me/api-keys", key)).body.key;
    for (const [request, body] of [
      ["POST /transactions", withdrawal(account, "100.01")],
      [
        "POST /transactions",
        { ...withdrawal(account, "100.01"), type: "transfer", to_account_id: bobsAccount },
      ],
      ["POST /transactions/batch", { mode: "atomic", transactions: [withdrawal(account, "100.01")] }],
    ] as const)
      expect(await call(made, request, body)).toMatchObject({
        status: 403,
        body: { code: "large_payment_by_key", currency: "EUR", limit: "100" },
      });
    expect((await call(made, "POST /transactions", withdrawal(account, "100.00"))).status).toBe(201);
    const large = { ...key, scopes: [...key.scopes, "payments:large"] };
    const allowed = (await call(ada.token, "POST /users/me/api-keys", large)).body.key;
    expect((await call(allowed, "POST /transactions", withdrawal(account, "500.00"))).status).toBe(201);
    const operator = await signUp("olga");
    await call(admin, `PATCH /admin/users/${operator.id}`, { roles: ["operator"] });
    const { refresh_token } = (
      await app.call("POST", "/auth/login", { body: { username: "olga", password: PASSWORD } })
    ).body;
    await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes' WHERE user_id = ${operator.id}`;
    const stale = (await app.call("POST", "/auth/refresh", { body: { refresh_token } })).body.access_token;
    expect(await call(stale, "POST /transactions", withdrawal(account, "500.00"))).toMatchObject(STALE);
    const deposit = { ...withdrawal(account, "500.00"), type: "deposit" };
    expect((await call(stale, "POST /transactions", deposit)).status).toBe(201);
  });
});

describe("who is not a person that signed in", () => {
  test("an administrator acting as a customer pays out nothing large, however fresh", async () => {
    const account = await openAccount(ada.id, "EUR");
    const reason = { reason: "Ticket 4711: the statement looks wrong" };
    const acting = (await call(admin, `POST /admin/users/${ada.id}/impersonate`, reason)).body.access_token;
    expect(await call(acting, "POST /transactions", withdrawal(account, "100.01"))).toMatchObject(STALE);
    expect((await call(acting, "POST /transactions", withdrawal(account, "1.00"))).status).toBe(201);
  });

  test("a minted token is for trying out, and is not asked", async () => {
    const account = await openAccount("carol", "EUR");
    const token = await app.token("customer", "carol");
    expect((await call(token, "POST /transactions", withdrawal(account, "500.00"))).status).toBe(201);
  });
});

test("malformed limits stop the start and are named", async () => {
  for (const limits of ["[]", "null", '{"EUR":1000}', '{"EUR":"-1"}', '{"eur":"1"}'])
    await expect(startTestApp({ DB_URL: app.databaseUrl, STEP_UP_LIMITS: limits }), limits).rejects.toThrow(
      /STEP_UP_LIMITS/,
    );
});
