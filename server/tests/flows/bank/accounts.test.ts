import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestBank, type TestBank, withoutRequest } from "../bank.ts";

let app: TestBank["app"];
let alice: TestBank["alice"];
let bob: TestBank["bob"];
let get: TestBank["get"];
let post: TestBank["post"];
let patch: TestBank["patch"];
let open: TestBank["open"];
let deposit: TestBank["deposit"];
let transfer: TestBank["transfer"];
beforeAll(async () => {
  ({ app, alice, bob, get, post, patch, open, deposit, transfer } = await openTestBank());
});
afterAll(() => app?.stop());

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
    for (const nothing of ["    ", "----", "- - 12"])
      expect(await post("/accounts", { currency: "EUR", external_number: nothing })).toMatchObject({
        status: 400,
        body: { errors: [{ field: "external_number" }] },
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

  test("opened twice at once with one external number is opened once", async () => {
    const twin = { currency: "EUR", external_number: "FR76 3000 6000" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => post("/accounts", twin)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });

  test("of others answers a customer exactly like one that does not exist", async () => {
    const id = await open("bob");
    const paths = ["", "/balance", "/statement"].map(
      (rest) => (account: string) => `/accounts/${account}${rest}`,
    );
    for (const path of [...paths, (account: string) => `/transactions?account_id=${account}`]) {
      const [foreign, missing] = [await get(path(id), alice), await get(path("999999999"), alice)];
      expect(foreign.status).toBe(404);
      expect(withoutRequest(foreign, id)).toEqual(withoutRequest(missing, "999999999"));
      expect((await get(path(id), bob)).status).toBe(200);
    }
    const [foreign, missing] = [
      await transfer([id, "1"], "1.00", alice),
      await transfer(["999999999", "1"], "1.00", alice),
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
    expect((await transfer([payer, payee], "30.00")).status).toBe(422);
    const changed = await patch(`/accounts/${payer}`, { credit_limit: "50.00" });
    expect(changed).toMatchObject({ status: 200, body: { credit_limit: "50.00", version: 1 } });
    expect((await transfer([payer, payee], "30.00")).status).toBe(201);
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
    expect(await transfer([payer, payee], "1.00")).toMatchObject({
      status: 422,
      body: { code: "account_frozen" },
    });
    expect((await patch(`/accounts/${payer}`, { state: "open" })).body.state).toBe("open");
    expect((await transfer([payer, payee], "1.00")).status).toBe(201);
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
