import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

let app: TestApp;
let token: string;
let account: string;

beforeAll(async () => {
  app = await startTestApp();
  token = await app.token("admin");
  const body = { currency: "EUR" };
  const opened = await app.call("POST", "/api/v1/accounts", { token, body });
  account = opened.body.id;
});
afterAll(() => app.stop());

/** As it is written, for what JSON.stringify would not write. */
async function sendText(path: string, text: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${app.url}/api/v1${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: text,
  });
  return { status: response.status, body: (await response.json()) as ReturnType<typeof JSON.parse> };
}

const deposit = (more: string) =>
  `{"type":"deposit","account_id":"${account}","currency":"EUR",${more.startsWith('"amount"') ? "" : '"amount":"1.00",'}${more}}`;

it("F6-25 books no number that is not the one that was sent, and keeps none in metadata", async () => {
  const lost = await sendText("/transactions", deposit('"amount":99999999999999.999'));
  expect(lost).toMatchObject({
    status: 400,
    body: { code: "invalid_request", errors: [{ field: "amount", pointer: "#/amount" }] },
  });
  const beyond = await sendText("/transactions", deposit('"metadata":{"n":9007199254740993}'));
  expect(beyond).toMatchObject({ status: 400, body: { errors: [{ field: "metadata.n" }] } });
  const exact = await sendText("/transactions", deposit('"metadata":{"n":0.30000000000000004}'));
  expect(exact).toMatchObject({ status: 201, body: { metadata: { n: 0.1 + 0.2 } } });
  const text = await sendText("/transactions", deposit('"metadata":{"n":"\\\\u0000"}'));
  expect(text).toMatchObject({ status: 201, body: { metadata: { n: "\\u0000" } } });
  const nul = await sendText("/transactions", deposit('"metadata":{"n":"\\u0000"}'));
  expect(nul).toMatchObject({ status: 400, body: { errors: [{ field: "metadata.n" }] } });
});

it("F6-26 refuses broken Unicode and members named twice in every body, whatever would read it", async () => {
  for (const [path, text, field] of [
    ["/transactions", deposit('"reference":"\\ud800"'), "reference"],
    ["/transactions", deposit('"metadata":{"a\\udfff":1}'), "metadata.a\udfff"],
    ["/transactions", deposit('"amount":"1.00","amount":"9.00"'), "amount"],
    ["/categories", '{"name":"\\udc00"}', "name"],
    ["/auth/register", '{"username":"a","username":"b","email":"a@b.example","password":"x"}', "username"],
  ] as const) {
    const answer = await sendText(path, text);
    expect(answer, text).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answer.body.errors[0].field.toWellFormed()).toBe(field.toWellFormed());
  }
});

it("F6-28 filters the trail by time to the microsecond", async () => {
  await app.call("POST", "/api/v1/categories", { token, body: { name: "Filtered" } });
  for (;;) {
    const [waiting] = await app.db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.pending`;
    if (waiting.count === 0) break;
  }
  const { body } = await app.call("GET", "/api/v1/audit?event=category.add", { token });
  const [{ at, seq }] = body.items;
  expect(at).toMatch(/\.\d{6}Z$/);
  const micros = Number(at.slice(20, 26));
  const shift = (by: number) => `${at.slice(0, 20)}${String(micros + by).padStart(6, "0")}Z`;
  const find = async (from: string, to: string) => {
    const page = await app.call("GET", `/api/v1/audit?event=category.add&from=${from}&to=${to}`, { token });
    return page.body.items.map((item: { seq: string }) => item.seq);
  };
  if (micros === 0 || micros === 999_999) return; // its neighbor would be in another second
  expect(await find(at, shift(1))).toEqual([seq]);
  expect(await find(shift(1), "2100-01-01")).toEqual([]);
  expect(await find(shift(-1), at)).toEqual([]);
});

it("F6-29 names all faults of a body at once, each with its pointer; types are understood as answers spell them", async () => {
  const body = { type: "gift", account_id: "x", amount: true, currency: "eur", note: 1 };
  const answer = await app.call("POST", "/api/v1/transactions", { token, body });
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  const named = answer.body.errors.map(({ field, pointer }: Record<string, string>) => [field, pointer]);
  expect(named.toSorted()).toEqual(
    ["account_id", "amount", "currency", "note", "type"].map((field) => [field, `#/${field}`]),
  );
  for (const { reason } of answer.body.errors) expect(reason).not.toBe("");
  const items = [{ type: "deposit" }, { ...body, account_id: account }];
  const batch = await app.call("POST", "/api/v1/transactions/batch", {
    token,
    body: { mode: "atomic", transactions: items },
  });
  const pointers = batch.body.errors.map(({ pointer }: Record<string, string>) => pointer);
  expect(pointers).toContain("#/transactions/0/amount");
  expect(pointers).toContain("#/transactions/1/note");
  const spelled = { type: "DEPOSIT", account_id: account, amount: "1.00", currency: "EUR" };
  expect(await app.call("POST", "/api/v1/transactions", { token, body: spelled })).toMatchObject({
    status: 201,
    body: { type: "DEPOSIT" },
  });
});

it("F6-29 names all that only the readers behind the schema can know at once, over all items of a list", async () => {
  const wrong = {
    type: "transfer",
    account_id: account,
    amount: "1.001",
    currency: "EUR",
    reference: "a\u0007",
  };
  const fieldsOf = async (path: string, body: object) => {
    const answer = await app.call("POST", `/api/v1/${path}`, { token, body });
    expect(answer.status).toBe(400);
    return answer.body.errors.map(({ field }: { field: string }) => field);
  };
  expect(await fieldsOf("transactions", wrong)).toEqual(["to_account_id", "amount", "reference"]);
  expect(await fieldsOf("transactions", { ...wrong, currency: "ZZZ" })).toEqual([
    "currency",
    "to_account_id",
    "reference",
  ]);
  const transactions = [wrong, { ...wrong, type: "deposit", reference: "fine" }];
  expect(await fieldsOf("transactions/batch", { mode: "atomic", transactions })).toEqual([
    "transactions[0].to_account_id",
    "transactions[0].amount",
    "transactions[0].reference",
    "transactions[1].amount",
  ]);
  expect(
    await fieldsOf("accounts", {
      currency: "EUR",
      name: "a\u0007",
      external_number: "------",
      credit_limit: "1.001",
    }),
  ).toEqual(["credit_limit", "name", "external_number"]);
});
