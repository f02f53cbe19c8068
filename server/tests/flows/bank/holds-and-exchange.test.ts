import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

let app: TestApp;
let tokens: Record<"admin" | "operator" | "alice" | "shop", string>;
beforeAll(async () => {
  app = await startTestApp();
  const [admin, operator] = [await app.token("admin"), await app.token("operator")];
  tokens = {
    admin,
    operator,
    alice: await app.token("customer", "alice"),
    shop: await app.token("customer", "shop"),
  };
});
afterAll(() => app?.stop());

type Who = keyof typeof tokens;

function post(path: string, who: Who, body?: unknown) {
  return app.call("POST", `/api/v1${path}`, { token: tokens[who], ...(body === undefined ? {} : { body }) });
}

/** A hold placed by Alice under a key. */
function placeKeyed(key: string, body: unknown) {
  return app.call("POST", "/api/v1/holds", {
    token: tokens.alice,
    body,
    headers: { "idempotency-key": key },
  });
}
const get = (path: string, who: Who) => app.call("GET", `/api/v1${path}`, { token: tokens[who] });

async function open(owner: string, balance?: string, currency = "EUR"): Promise<string> {
  const { body } = await post("/accounts", "admin", { owner_id: owner, external_owner: true, currency });
  if (balance !== undefined)
    await post("/transactions", "admin", { type: "deposit", account_id: body.id, amount: balance, currency });
  return body.id;
}

it("holds, shows, captures a part, and reverses that", async () => {
  const [payer, payee] = [await open("alice", "50.00"), await open("shop")];
  const wish = { account_id: payer, to_account_id: payee, amount: "20.00", currency: "EUR", expires_in: 600 };
  const placed = await placeKeyed("hold-1", { ...wish, metadata: { order: 17 } });
  expect(placed).toMatchObject({
    status: 201,
    body: { status: "PENDING", metadata: { order: 17 }, balances: [{ available: "30.00" }] },
  });
  const again = await placeKeyed("hold-1", { ...wish, metadata: { order: 17 } });
  expect(again.body).toEqual(placed.body);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  const { id } = placed.body;

  const { balances, ...document } = placed.body;
  expect((await get(`/holds/${id}`, "shop")).body).toEqual(document);
  expect((await get(`/holds?account_id=${payer}&status=PENDING`, "alice")).body.items).toEqual([document]);
  expect((await get(`/transactions/${id}`, "alice")).body).toMatchObject({
    status: "PENDING",
    amount: "20.00",
  });

  expect(await post(`/holds/${id}/capture`, "alice", {})).toMatchObject({
    status: 403,
    body: { code: "not_the_payee" },
  });
  expect(await post(`/holds/${id}/capture`, "shop", { amount: "12.345" })).toMatchObject({ status: 400 });
  expect(await post(`/holds/${id}/capture`, "shop", { amount: "20.01" })).toMatchObject({
    status: 422,
    body: { code: "capture_exceeds_hold" },
  });
  expect(await post(`/holds/${id}/capture`, "shop", { amount: "12.00" })).toMatchObject({
    status: 200,
    body: { state: "captured", captured: "12.00", balances: [{ account_id: payee, balance: "12.00" }] },
  });
  expect(await post(`/holds/${id}/release`, "shop")).toMatchObject({
    status: 409,
    body: { code: "hold_not_active", hold_state: "captured" },
  });

  expect(await post(`/transactions/${id}/reverse`, "alice", {})).toMatchObject({ status: 403 });
  const reversed = await post(`/transactions/${id}/reverse`, "operator");
  expect(reversed).toMatchObject({
    status: 201,
    body: { reverses: id, type: "SYSTEM_ADJUSTMENT", amount: "12.00" },
  });
  const { balances: _after, ...posted } = reversed.body;
  expect(posted.metadata).toEqual({ reverses: id });
  expect((await get(`/transactions/${posted.id}`, "operator")).body).toMatchObject(posted);
  expect(await post(`/transactions/${id}/reverse`, "operator")).toMatchObject({
    status: 409,
    body: { code: "already_reversed", reversed_by: posted.id },
  });
  expect((await get(`/accounts/${payer}/balance`, "alice")).body).toMatchObject({
    balance: "50.00",
    held: "0.00",
  });
});

it("lists holds page by page", async () => {
  const payer = await open("alice", "50.00");
  const wish = { account_id: payer, amount: "1.00", currency: "EUR" };
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.unshift((await post("/holds", "alice", wish)).body.id);
  const first = await get(`/holds?account_id=${payer}&limit=2`, "alice");
  const second = await get(`/holds?account_id=${payer}&limit=2&cursor=${first.body.next_cursor}`, "alice");
  expect([...first.body.items, ...second.body.items].map((hold) => hold.id)).toEqual(ids);
  expect(second.body.next_cursor).toBeNull();
  expect(await get("/holds?cursor=nonsense", "alice")).toMatchObject({ status: 400 });
});

it("shows a hold that is past its time as expired, as the balance counts it, before anybody has recorded it", async () => {
  const payer = await open("alice", "50.00");
  const wish = { account_id: payer, amount: "20.00", currency: "EUR", expires_in: 600 };
  const { id } = (await post("/holds", "alice", wish)).body;
  await app.db`UPDATE ledger.holds SET expires_at = id + 1 WHERE id = ${id}`;
  await app.db`UPDATE ledger.accounts SET next_expiry = ${id}::bigint + 1 WHERE id = ${payer}`;
  const expired = { id, state: "expired", status: "CANCELLED" };
  expect((await get(`/holds/${id}`, "alice")).body).toMatchObject(expired);
  expect((await get(`/holds?account_id=${payer}&status=PENDING`, "alice")).body.items).toEqual([]);
  for (const [query, who] of [
    [`?account_id=${payer}&status=CANCELLED`, "alice"],
    [`?account_id=${payer}`, "alice"],
    ["?status=CANCELLED&limit=1", "operator"],
  ] as const)
    expect((await get(`/holds${query}`, who)).body.items).toMatchObject([expired]);
  expect((await get(`/transactions/${id}`, "alice")).body.status).toBe("CANCELLED");
  expect((await get(`/accounts/${payer}/balance`, "alice")).body).toMatchObject({
    available: "50.00",
    held: "0.00",
  });
  expect(await post(`/holds/${id}/release`, "alice")).toMatchObject({
    status: 409,
    body: { code: "hold_not_active", hold_state: "expired" },
  });
});

it("refuses malformed holds, naming the field, and hides those of others", async () => {
  const payer = await open("alice", "50.00");
  const wish = { account_id: payer, amount: "1.00", currency: "EUR" };
  const malformed: [object, string][] = [
    [{ expires_in: 0 }, "expires_in"],
    [{ expires_in: 31_536_001 }, "expires_in"],
    [{ expires_in: "60" }, "expires_in"],
    [{ amount: "0" }, "amount"],
    [{ to_account_id: "x" }, "to_account_id"],
    [{ reference: "a\u0000b" }, "reference"],
    [{ surprise: 1 }, "surprise"],
  ];
  for (const [fields, field] of malformed) {
    const { status, body } = await post("/holds", "alice", { ...wish, ...fields });
    expect({ status, field: body.errors?.[0]?.field }).toEqual({ status: 400, field });
  }
  for (const [fields, field] of [
    [{ currency: "XXX" }, "currency"],
    [{ to_account_id: payer }, "to_account_id"],
  ] as const)
    expect(await post("/holds", "alice", { ...wish, ...fields })).toMatchObject({
      status: 422,
      body: { errors: [{ field }] },
    });
  const { id } = (await post("/holds", "alice", wish)).body;
  for (const path of [`/holds/${id}/capture`, `/holds/${id}/release`, "/holds/1/capture"])
    expect(await post(path, "shop", {})).toMatchObject({ status: 404, body: { code: "hold_not_found" } });
  expect(await get(`/holds/${id}`, "shop")).toMatchObject({ status: 404 });
  expect(await get("/holds/none", "alice")).toMatchObject({ status: 400 });
  expect(await post(`/holds/${id}/capture`, "operator", { amount: null })).toMatchObject({ status: 400 });
  expect(await post("/transactions/1/reverse", "operator")).toMatchObject({ status: 404 });
  expect(await post(`/holds/${id}/release`, "alice")).toMatchObject({
    status: 200,
    body: { state: "released" },
  });
});

it("sets rates and exchanges at them", async () => {
  const [euros, dollars] = [await open("alice", "100.00"), await open("alice", undefined, "USD")];
  const wish = { account_id: euros, to_account_id: dollars, amount: "10.00" };
  expect(await post("/exchanges", "alice", wish)).toMatchObject({
    status: 422,
    body: { code: "no_exchange_rate" },
  });
  const rate = { base: "EUR", quote: "USD", rate: "1.0834" };
  expect(await post("/exchange-rates", "operator", rate)).toMatchObject({ status: 403 });
  for (const bad of ["0", "-1", "1e3", "1,5", "", 1e-9, 123456789012.1234])
    expect(await post("/exchange-rates", "admin", { ...rate, rate: bad })).toMatchObject({ status: 400 });
  expect(await post("/exchange-rates", "admin", { ...rate, quote: "EUR" })).toMatchObject({ status: 422 });
  expect(await post("/exchange-rates", "admin", { ...rate, rate: 1.05 })).toMatchObject({ status: 201 });
  const set = await post("/exchange-rates", "admin", rate);
  expect(set).toMatchObject({ status: 201, body: { ...rate, source: "manual", set_by: "admin" } });
  expect((await get("/exchange-rates", "alice")).body.items).toEqual([set.body]);
  expect((await get("/exchange-rates?base=USD", "alice")).body.items).toEqual([]);
  const history = await get("/exchange-rates/history?base=EUR&quote=USD&limit=1", "alice");
  expect(history.body).toMatchObject({ items: [set.body], next_cursor: expect.any(String) });

  const done = await post("/exchanges", "alice", wish);
  expect(done).toMatchObject({
    status: 201,
    body: {
      bought: { amount: "10.83", currency: "USD" },
      exchange_rate: set.body,
      rounding: "half_even",
      balances: [{ balance: "90.00" }, { balance: "10.83" }],
    },
  });
  expect(await post("/exchanges", "shop", wish)).toMatchObject({ status: 404 });
  expect(await post("/exchanges", "alice", { ...wish, to_account_id: euros })).toMatchObject({
    status: 422,
    body: { code: "same_currency" },
  });
  expect(await post("/exchanges", "alice", { ...wish, amount: "1.001" })).toMatchObject({ status: 400 });
  const { balances, ...exchanged } = done.body;
  const read = await get(`/transactions/${done.body.id}`, "alice");
  expect(read.body).toMatchObject({ ...exchanged, transfers: [{ amount: "10.00" }, { amount: "10.83" }] });
  expect(await post(`/transactions/${done.body.id}/reverse`, "operator")).toMatchObject({
    status: 201,
    body: { balances: [{ balance: "0.00" }, { balance: "100.00" }] },
  });
});

it("moves up to what is available where it is asked to", async () => {
  const account = await open("alice", "7.00");
  const wish = { account_id: account, amount: "10.00", currency: "EUR", up_to_available: true };
  expect(await post("/transactions", "alice", { ...wish, type: "withdrawal" })).toMatchObject({
    status: 201,
    body: { amount: "7.00", balances: [{ balance: "0.00" }] },
  });
  expect(await post("/transactions", "admin", { ...wish, type: "deposit" })).toMatchObject({ status: 400 });
});
