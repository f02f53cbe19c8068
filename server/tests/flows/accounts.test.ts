import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestAnswer, type TestApp } from "../app.ts";

let app: TestApp;
let admin: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  app = await startTestApp();
  admin = await app.token("admin");
  alice = await app.token("customer", "alice");
  bob = await app.token("customer", "bob");
});
afterAll(async () => {
  await app?.stop();
});

const get = (path: string, token = admin) => app.call("GET", `/api/v1${path}`, { token });
const post = (path: string, body: unknown, token = admin) =>
  app.call("POST", `/api/v1${path}`, { token, body });
const patch = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.call("PATCH", `/api/v1${path}`, { token: admin, body, headers });

async function open(owner: string, fields: object = {}): Promise<string> {
  const { status, body } = await post("/accounts", { owner_id: owner, currency: "EUR", ...fields });
  expect(status).toBe(201);
  return body.id;
}

async function deposit(account: string, amount: string, reference?: string): Promise<TestAnswer["body"]> {
  const answer = await post("/transactions", {
    type: "deposit",
    account_id: account,
    amount,
    currency: "EUR",
    ...(reference === undefined ? {} : { reference }),
  });
  expect(answer.status).toBe(201);
  return answer.body;
}

function transfer(from: string, to: string, amount: string, token = admin): Promise<TestAnswer> {
  return post(
    "/transactions",
    { type: "transfer", account_id: from, to_account_id: to, amount, currency: "EUR" },
    token,
  );
}

describe("an account", () => {
  test("is read with its personal fields in the clear, which lie encrypted in the database", async () => {
    const id = await open("alice", {
      holder_name: "Alice Example",
      external_number: "DE89 3704 0044",
      name: "Daily",
    });
    const { status, body, headers } = await get(`/accounts/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      owner_id: "alice",
      currency: "EUR",
      name: "Daily",
      holder_name: "Alice Example",
      external_number: "DE89 3704 0044",
      credit_limit: "0.00",
      state: "open",
      version: 0,
    });
    expect(headers.get("etag")).toBe('"0"');
    const [row] = await app.db`SELECT holder_name, external_number FROM banking.accounts WHERE id = ${id}`;
    expect(JSON.stringify(row)).not.toMatch(/Alice|3704/);
  });

  test("is found by its external number however it is spelled, and the number is taken once", async () => {
    const id = await open("alice", { external_number: "GB29 NWBK 6016" });
    const found = await get("/accounts?external_number=gb29-nwbk-6016");
    expect(found.body).toMatchObject({ items: [{ id }], next_cursor: null });
    const again = await post("/accounts", { currency: "EUR", external_number: "GB29NWBK6016" });
    expect(again).toMatchObject({
      status: 409,
      body: { code: "external_number_taken", errors: [{ field: "external_number" }] },
    });
    const batch = await post("/accounts/batch", {
      accounts: [
        { currency: "EUR", external_number: "XX11 0001" },
        { currency: "EUR", external_number: "XX110001" },
      ],
    });
    expect(batch).toMatchObject({
      status: 409,
      body: { errors: [{ field: "accounts[1].external_number" }] },
    });
  });

  test("of others answers a customer exactly like one that does not exist", async () => {
    const id = await open("bob");
    const paths = ["", "/balance", "/statement"].map((rest) => (account: string) => `/accounts/${account}${rest}`);
    for (const path of [...paths, (account: string) => `/transactions?account_id=${account}`]) {
      const [foreign, missing] = [await get(path(id), alice), await get(path("999999999"), alice)];
      expect(foreign.status).toBe(404);
      expect(withoutRequest(foreign, id)).toEqual(withoutRequest(missing, "999999999"));
      expect((await get(path(id), bob)).status).toBe(200);
    }
    const [foreign, missing] = [
      await transfer(id, "1", "1.00", alice),
      await transfer("999999999", "1", "1.00", alice),
    ];
    expect(foreign).toMatchObject({ status: 404, body: { code: "account_not_found" } });
    expect(withoutRequest(foreign, id)).toEqual(withoutRequest(missing, "999999999"));
    const [patched, absent] = await Promise.all(
      [id, "999999999"].map((account) =>
        app.call("PATCH", `/api/v1/accounts/${account}`, { token: alice, body: { name: "mine" } }),
      ),
    );
    expect(patched?.status).toBe(404);
    expect(absent?.status).toBe(404);
  });

  test("has an id that is refused by name where it is malformed", async () => {
    for (const id of ["abc", "0", "-1", "1e3", "99999999999999999999"])
      expect(await get(`/accounts/${id}`)).toMatchObject({
        status: 400,
        body: { code: "invalid_request", errors: [{ field: "id" }] },
      });
  });
});

function withoutRequest({ body }: TestAnswer, account: string): unknown {
  const { request_id, ...rest } = body;
  return JSON.parse(JSON.stringify(rest).replaceAll(account, "<account>"));
}

describe("the list of accounts", () => {
  test("shows customers their own and staff all, page by page", async () => {
    const ids = [await open("carol"), await open("carol"), await open("carol")];
    const carol = await app.token("customer", "carol");
    const pages: string[] = [];
    let cursor = "";
    do {
      const { body } = await get(`/accounts?limit=2${cursor}`, carol);
      pages.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
    } while (cursor !== "");
    expect(pages).toEqual(ids);
    expect((await get("/accounts?owner_id=carol")).body.items).toHaveLength(3);
    expect((await get("/accounts?owner_id=carol", alice)).body.items).toEqual([]);
    expect((await get("/accounts?limit=1")).body).toMatchObject({ next_cursor: expect.any(String) });
  });

  test("is filtered by currency and by state", async () => {
    const usd = await open("dave", { currency: "USD" });
    const frozen = await open("dave");
    await patch(`/accounts/${frozen}`, { state: "frozen" });
    const idsOf = async (query: string) =>
      (await get(`/accounts?${query}`)).body.items.map((item: { id: string }) => item.id);
    expect(await idsOf("owner_id=dave&currency=USD")).toEqual([usd]);
    expect(await idsOf("owner_id=dave&state=frozen")).toEqual([frozen]);
    expect(await idsOf("owner_id=dave&state=open")).toEqual([usd]);
    expect(await idsOf("state=frozen")).toContain(frozen);
    expect(await idsOf("state=open&limit=1000")).not.toContain(frozen);
    expect(await idsOf("state=closed&currency=USD")).toEqual([]);
  });

  test("refuses a malformed cursor and limits out of bounds by name", async () => {
    for (const [query, field] of [
      ["cursor=***", "cursor"],
      ["cursor=bm9wZQ", "cursor"],
      ["limit=0", "limit"],
      ["limit=1001", "limit"],
      ["state=asleep", "state"],
    ] as const)
      expect(await get(`/accounts?${query}`)).toMatchObject({
        status: 400,
        body: { errors: [expect.objectContaining({ field })] },
      });
  });
});

describe("changing an account", () => {
  test("sets its limit, under which payments go below zero", async () => {
    const [payer, payee] = [await open("alice"), await open("bob")];
    expect((await transfer(payer, payee, "30.00")).status).toBe(422);
    const changed = await patch(`/accounts/${payer}`, { credit_limit: "50.00" });
    expect(changed).toMatchObject({ status: 200, body: { credit_limit: "50.00", version: 1 } });
    expect((await transfer(payer, payee, "30.00")).status).toBe(201);
    expect(await patch(`/accounts/${payer}`, { credit_limit: "29.99" })).toMatchObject({
      status: 422,
      body: { code: "limit_in_use" },
    });
    expect(await patch(`/accounts/${payer}`, { credit_limit: "30.00" })).toMatchObject({ status: 200 });
    expect((await get(`/accounts/${payer}/balance`)).body).toMatchObject({
      balance: "-30.00",
      available: "0.00",
      version: 3,
    });
  });

  test("freezes and thaws it; frozen, nothing moves", async () => {
    const [payer, payee] = [await open("alice"), await open("bob")];
    await deposit(payer, "10.00");
    await patch(`/accounts/${payer}`, { state: "frozen" });
    expect(await transfer(payer, payee, "1.00")).toMatchObject({
      status: 422,
      body: { code: "account_frozen" },
    });
    expect((await patch(`/accounts/${payer}`, { state: "open" })).body.state).toBe("open");
    expect((await transfer(payer, payee, "1.00")).status).toBe(201);
  });

  test("closes it only when it is empty, and for ever", async () => {
    const id = await open("alice");
    await deposit(id, "5.00");
    expect(await patch(`/accounts/${id}`, { state: "closed" })).toMatchObject({
      status: 422,
      body: { code: "account_not_empty" },
    });
    await post("/transactions", { type: "withdrawal", account_id: id, amount: "5.00", currency: "EUR" });
    expect((await patch(`/accounts/${id}`, { state: "closed" })).body.state).toBe("closed");
    for (const change of [{ state: "open" }, { state: "frozen" }, { credit_limit: "1.00" }])
      expect(await patch(`/accounts/${id}`, change)).toMatchObject({
        status: 422,
        body: { code: "account_closed" },
      });
    expect((await patch(`/accounts/${id}`, { name: "old one" })).status).toBe(200);
  });

  test("does not close it over an active hold, but over one that is past its time", async () => {
    const id = await open("alice");
    await deposit(id, "5.00");
    const hold = await post("/holds", { account_id: id, amount: "5.00", currency: "EUR", expires_in: 1 });
    expect(hold.status).toBe(201);
    await app.db`UPDATE ledger.holds SET expires_at = id + 1 WHERE id = ${hold.body.id}`;
    await app.db`UPDATE ledger.accounts SET next_expiry = ${hold.body.id}::bigint + 1 WHERE id = ${id}`;
    expect((await get(`/accounts/${id}/balance`)).body).toMatchObject({ available: "5.00", held: "0.00" });
    await post("/transactions", { type: "withdrawal", account_id: id, amount: "5.00", currency: "EUR" });
    expect((await patch(`/accounts/${id}`, { state: "closed" })).status).toBe(200);
  });

  test("is made only to the version that If-Match names", async () => {
    const id = await open("alice");
    const first = await patch(`/accounts/${id}`, { name: "one" }, { "if-match": '"0"' });
    expect(first.headers.get("etag")).toBe('"1"');
    expect(await patch(`/accounts/${id}`, { name: "two" }, { "if-match": '"0"' })).toMatchObject({
      status: 409,
      body: { code: "version_mismatch", version: 1 },
    });
    expect(await patch(`/accounts/${id}`, { name: "two" }, { "if-match": "nonsense" })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "If-Match" }] },
    });
    expect((await patch(`/accounts/${id}`, { name: "two" }, { "if-match": "*" })).status).toBe(200);
    expect((await get(`/accounts/${id}`)).body).toMatchObject({ name: "two", version: 2 });
  });

  test("is remembered by its key, and changes nothing twice", async () => {
    const id = await open("alice");
    const headers = { "idempotency-key": "rename-once", "if-match": '"0"' };
    const first = await patch(`/accounts/${id}`, { name: "kept" }, headers);
    const second = await patch(`/accounts/${id}`, { name: "kept" }, headers);
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect((await get(`/accounts/${id}`)).body.version).toBe(1);
  });

  test("leaves a customer the name alone", async () => {
    const id = await open("alice");
    const rename = (body: object) => app.call("PATCH", `/accounts/${id}`, { token: alice, body });
    expect(await rename({ name: "Holidays" })).toMatchObject({ status: 200, body: { name: "Holidays" } });
    expect(await rename({ name: null })).toMatchObject({ status: 200, body: { name: null } });
    for (const change of [{ state: "frozen" }, { credit_limit: "9.00" }, { holder_name: "Eve", name: "x" }])
      expect(await rename(change)).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(await rename({})).toMatchObject({ status: 400 });
    expect(await rename({ nickname: "x" })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "nickname" }] },
    });
  });

  test("of many at once each count: no change is lost", async () => {
    const id = await open("alice");
    const changes = Array.from({ length: 8 }, (_, index) =>
      patch(`/accounts/${id}`, index % 2 === 0 ? { name: `n${index}` } : { credit_limit: `${index}.00` }),
    );
    const deposits = Array.from({ length: 8 }, () => deposit(id, "1.00"));
    const answers = await Promise.all(changes);
    await Promise.all(deposits);
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect((await get(`/accounts/${id}`)).body.version).toBe(16);
    expect((await get(`/accounts/${id}/balance`)).body.balance).toBe("8.00");
  });
});

describe("what happened", () => {
  test("is read back as balance, statement and transactions", async () => {
    const [from, to] = [await open("alice"), await open("bob")];
    const paid = await deposit(from, "100.00", "salary");
    const moved = await transfer(from, to, "30.00");
    const refused = await transfer(from, to, "500.00");
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
    const moved = (await transfer(from, to, "30.00")).body;
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
    const { body: moved } = await transfer(from, to, "30.00");
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
    const between = await transfer(one, two, "1.00", erin);
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
      [`/accounts/${id}/statement?from=2026-02-01&to=2026-01-01`, "to"],
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
  });
});

describe("assets", () => {
  test("are listed, and added by an admin once", async () => {
    const { body } = await get("/assets?kind=money&limit=2", alice);
    expect(body.items).toEqual([
      { code: "USD", kind: "money", scale: 2 },
      { code: "EUR", kind: "money", scale: 2 },
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
        body: { currency: "CLP", owner_id: "alice" },
      });
      expect(opened.status).toBe(201);
      expect(
        await other.call("POST", "/accounts", { token: admin, body: { currency: "NONE" } }),
      ).toMatchObject({ status: 400, body: { code: "unknown_asset" } });
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
