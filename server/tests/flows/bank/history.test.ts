import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp } from "../../app.ts";
import { openTestBank, type TestBank, withoutRequest } from "../bank.ts";

let app: TestBank["app"];
let admin: TestBank["admin"];
let alice: TestBank["alice"];
let bob: TestBank["bob"];
let get: TestBank["get"];
let post: TestBank["post"];
let open: TestBank["open"];
let deposit: TestBank["deposit"];
let transfer: TestBank["transfer"];
beforeAll(async () => {
  ({ app, admin, alice, bob, get, post, open, deposit, transfer } = await openTestBank());
});
afterAll(() => app?.stop());

describe("what happened", () => {
  test("is read back as balance, statement and transactions", async () => {
    const [from, to] = [await open("alice"), await open("bob")];
    const paid = await deposit(from, "100.00", "salary");
    const moved = await transfer([from, to], "30.00");
    const refused = await transfer([from, to], "500.00");
    const balance = await get(`/accounts/${from}/balance`, alice);
    expect(balance.body).toMatchObject({
      account_id: from,
      currency: "EUR",
      balance: "70.00",
      available: "70.00",
      held: "0.00",
      incoming: "0.00",
      version: 2,
    });
    const before = await get(`/accounts/${from}/balance?at=${paid.created_at}`, alice);
    expect(before.body).toMatchObject({
      balance: "100.00",
      version: null,
      incoming: null,
      as_of: paid.created_at,
    });
    const { next_cursor } = (await get(`/accounts/${from}/statement?order=asc&limit=1`, alice)).body;
    for (const query of [
      `cursor=${next_cursor}`,
      `order=asc&cursor=${next_cursor.slice(0, -4)}`,
      "from=2026-02-30",
    ])
      expect((await get(`/accounts/${from}/statement?${query}`, alice)).status).toBe(400);
    const statement = await get(`/accounts/${from}/statement?order=asc`, alice);
    expect(statement.body).toMatchObject({
      opening_balance: "0.00",
      closing_balance: "70.00",
      items: [
        {
          type: "DEPOSIT",
          direction: "credit",
          amount: "100.00",
          balance_after: "100.00",
          counterparty_account_id: null,
          reference: "salary",
        },
        {
          type: "TRANSFER",
          direction: "debit",
          amount: "30.00",
          balance_after: "70.00",
          counterparty_account_id: to,
        },
      ],
      next_cursor: null,
    });
    const list = await get(`/transactions?account_id=${from}`, alice);
    expect(list.body.items.map((item: { id: string; status: string }) => [item.id, item.status])).toEqual([
      [refused.body.transaction_id, "FAILED"],
      [moved.body.id, "COMPLETED"],
      [paid.id, "COMPLETED"],
    ]);
    expect(list.body.items[0].failure_code).toBe("insufficient_funds");
  });

  test("is told in one document, posted, listed or looked up", async () => {
    const [from, to] = [await open("alice"), await open("bob")];
    const paid = await deposit(from, "100.00");
    const moved = (await transfer([from, to], "30.00")).body;
    const withdrawn = (
      await post("/transactions", { type: "withdrawal", account_id: from, amount: "5", currency: "EUR" })
    ).body;
    for (const posted of [paid, moved, withdrawn]) {
      const { balances, ...document } = posted;
      const { body } = await get(`/transactions/${posted.id}`);
      expect(body).toMatchObject(document);
      const listed = (await get(`/transactions?account_id=${from}`)).body.items;
      expect(listed).toContainEqual(document);
    }
  });

  test("shows a payee the payer's account, and not its balance", async () => {
    const [from, to] = [await open("alice"), await open("bob")];
    await deposit(from, "100.00");
    const { body: moved } = await transfer([from, to], "30.00");
    const seen = await get(`/transactions/${moved.id}`, bob);
    expect(seen.body.transfers).toMatchObject([
      { account_id: from, to_account_id: to, balance_after: null, to_balance_after: "30.00" },
    ]);
    expect((await get(`/transactions/${moved.id}`)).body.transfers).toMatchObject([
      { balance_after: "70.00", to_balance_after: "30.00" },
    ]);
    const mallory = await app.token("customer", "mallory");
    const [foreign, missing] = [
      await get(`/transactions/${moved.id}`, mallory),
      await get("/transactions/999999999", mallory),
    ];
    expect(foreign).toMatchObject({ status: 404, body: { code: "transaction_not_found" } });
    expect(withoutRequest(foreign, moved.id)).toEqual(withoutRequest(missing, "999999999"));
  });

  test("is listed to a customer over all accounts of theirs, and of nobody else's", async () => {
    const erin = await app.token("customer", "erin");
    const [one, two, other] = [await open("erin"), await open("erin"), await open("bob")];
    const ids = [(await deposit(one, "10.00")).id, (await deposit(two, "20.00")).id];
    await deposit(other, "30.00");
    const between = await transfer([one, two], "1.00", erin);
    const { body } = await get("/transactions?limit=2", erin);
    expect(body.items.map((item: { id: string }) => item.id)).toEqual([between.body.id, ids[1]]);
    const rest = await get(`/transactions?limit=2&cursor=${body.next_cursor}`, erin);
    expect(rest.body).toMatchObject({ items: [{ id: ids[0] }], next_cursor: null });
    expect((await get("/transactions", await app.token("customer", "nobody"))).body).toEqual({
      items: [],
      next_cursor: null,
    });
  });

  test("refuses malformed questions by name", async () => {
    const id = await open("alice");
    for (const [path, field] of [
      [`/accounts/${id}/balance?at=yesterday`, "at"],
      [`/accounts/${id}/balance?at=2999-01-01`, "at"],
      [`/accounts/${id}/statement?cursor=x`, "cursor"],
      [`/accounts/${id}/statement?order=up`, "order"],
      ["/transactions?account_id=x", "account_id"],
      ["/transactions?type=GIFT", "type"],
      ["/transactions?reference=a%00b", "reference"],
      ["/transactions?colour=red", "colour"],
      ["/transactions/x", "id"],
      ["/risk/flags?account_id=x", "account_id"],
      ["/risk/flags?rule=nose", "rule"],
    ] as const)
      expect(await get(path), path).toMatchObject({
        status: 400,
        body: { code: "invalid_request", errors: [expect.objectContaining({ field })] },
      });
    const reversed = `/accounts/${id}/statement?from=2026-02-01&to=2026-01-01`;
    expect(await get(reversed)).toMatchObject({
      status: 422,
      body: { code: "value_refused", errors: [{ field: "to", reason: "lies before from" }] },
    });
  });
});

describe("assets", () => {
  test("are listed, and added by an admin once", async () => {
    const { body } = await get("/assets?kind=money&limit=2", alice);
    expect(body.items).toMatchObject([
      { code: "USD", kind: "money", scale: 2, state: "active" },
      { code: "EUR", kind: "money", scale: 2, state: "active" },
    ]);
    expect(body.next_cursor).not.toBeNull();
    const asset = { code: "XAU", kind: "security", scale: 4 };
    expect(await post("/assets", asset)).toMatchObject({ status: 201, body: asset });
    expect(await post("/assets", asset)).toMatchObject({ status: 409, body: { code: "asset_exists" } });
    expect((await post("/assets", { ...asset, code: "XAG" }, alice)).status).toBe(403);
    const id = await open("alice", { currency: "XAU" });
    const paid = await post("/transactions", {
      type: "deposit",
      account_id: id,
      amount: "0.0001",
      currency: "XAU",
    });
    expect(paid.body.balances).toMatchObject([{ balance: "0.0001" }]);
  });

  test("added on one process are known on another", async () => {
    const other = await startTestApp({ DB_URL: app.databaseUrl });
    try {
      await post("/assets", { code: "CLP", kind: "money", scale: 0 });
      const opened = await other.call("POST", "/accounts", {
        token: admin,
        body: { currency: "CLP", owner_id: "alice", external_owner: true },
      });
      expect(opened.status).toBe(201);
      expect(
        await other.call("POST", "/accounts", { token: admin, body: { currency: "NONE" } }),
      ).toMatchObject({ status: 422, body: { code: "unknown_asset" } });
    } finally {
      await other.stop();
    }
  });
});

test("suspicious transactions are listed to staff alone", async () => {
  const id = await open("alice");
  const paid = await deposit(id, "20000.00");
  const flags = await get(`/risk/flags?account_id=${id}`);
  expect(flags.body).toMatchObject({
    items: [{ transaction_id: paid.id, account_id: id, rule: "large_amount", blocked: false }],
    next_cursor: null,
  });
  expect((await get(`/risk/flags?transaction_id=${paid.id}&rule=large_amount`)).body.items).toHaveLength(1);
  expect((await get("/risk/flags", alice)).status).toBe(403);
});

test("the metrics say that the book is in balance", async () => {
  const { body } = await app.call("GET", "/metrics");
  expect(body).toMatch(/^ledger_imbalance 0$/m);
  expect(body).toMatch(/^outbox_waiting \d+$/m);
  expect(body).toMatch(/^db_connections \d+$/m);
});
