// Names that every object has: as names of a client's own they are kept, compared and refused like any other.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestBank, type TestBank } from "../bank.ts";

let bank: TestBank;
let accountId: string;
beforeAll(async () => {
  bank = await openTestBank();
  accountId = await bank.open("alice");
  await bank.deposit(accountId, "100.00");
});
afterAll(() => bank?.app.stop());

const NAMES = [
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "isPrototypeOf",
  "toJSON",
  "then",
  "length",
];

/** Every command that takes metadata of a client's own. */
const COMMANDS: Readonly<Record<string, () => readonly [path: string, body: object]>> = {
  transaction: () => [
    "/transactions",
    { type: "deposit", account_id: accountId, amount: "1.00", currency: "EUR" },
  ],
  hold: () => ["/holds", { account_id: accountId, amount: "1.00", currency: "EUR" }],
  order: () => [
    "/orders",
    {
      items: [{ description: "Gift", quantity: 1, unit_price: "1.00" }],
      currency: "EUR",
      payment_method: "invoice",
    },
  ],
  product: () => ["/products", { name: "Pen", sku: "PEN-1", currency: "EUR", price: "1.00" }],
};

test.each(Object.entries(COMMANDS))(
  "F6-22 %s: any name in metadata is kept, and another under its key is told by its name",
  async (command, make) => {
    const [path, body] = make();
    const send = (metadata: object, key: string) =>
      bank.app.call("POST", `/api/v1${path}`, {
        token: bank.admin,
        body: { ...body, metadata },
        headers: { "idempotency-key": key },
      });
    const plain = await send({ note: "x" }, `${command}-plain`);
    expect(plain.status, JSON.stringify(plain.body)).toBe(201);
    const broken = await send({ note: "half a pair \ud800", "\udc00": 1 }, `${command}-broken`);
    expect([201, 400, 409], JSON.stringify(broken.body)).toContain(broken.status);
    for (const name of NAMES) {
      const answer = await send({ note: "x", [name]: "y" }, `${command}-plain`);
      expect(answer, name).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
      expect(answer.body.errors, name).toMatchObject([{ field: `body.metadata.${name}` }]);
    }
    const named = Object.fromEntries(NAMES.map((name) => [name, "z"]));
    const kept = await send(named, `${command}-named`);
    if (command === "product") return; // its SKU is taken: what matters is that nothing breaks
    expect(kept).toMatchObject({ status: 201, body: { metadata: named } });
    expect((await send({}, `${command}-named`)).body.code).toBe("idempotency_key_reused");
  },
);

test("F6-22 names that every object has are no fields, kinds, filters, operations or codes", async () => {
  const { app, admin, get } = bank;
  const refused: unknown[] = [];
  for (const name of [...NAMES, "__proto__"]) {
    const call = (method: string, path: string, body?: unknown) =>
      app.call(method, `/api/v1${path}`, { token: admin, ...(body === undefined ? {} : { body }) });
    const answers = [
      await call("POST", "/accounts", { owner_id: "alice", currency: name }),
      await call("POST", "/transactions", {
        type: name,
        account_id: accountId,
        amount: "1.00",
        currency: "EUR",
      }),
      await call("POST", "/risk/blocked", { kind: name, value: "x" }),
      await call("POST", "/products", {
        name: "Pen",
        sku: name,
        currency: "EUR",
        price: "1.00",
        tax_class: name,
      }),
      await call("POST", "/accounts", JSON.parse(`{"owner_id":"alice","currency":"EUR","${name}":"x"}`)),
      await get(`/products?sort=${name}`),
      await get(`/products?${name}=x`),
      await get(`/orders?status=${name}`),
      await get(`/accounts/${name}`),
      await get(`/transactions?type=${name}`),
      await get(`/audit?event=${name}`),
      await call("POST", "/coupons", { code: name, discount_type: name, value: "10" }),
    ];
    refused.push(...answers.filter(({ status }) => status >= 500).map(({ body }) => ({ name, body })));
  }
  expect(refused).toEqual([]);
});

test("F6-22 an address keeps a field of any name", async () => {
  const shipping_address = { street: "Main St 1", constructor: "Frank Lloyd Wright" };
  const [path, body] = COMMANDS["order"]?.() ?? ["", {}];
  const order = await bank.post(path, { ...body, shipping_address });
  expect(order.status, JSON.stringify(order.body)).toBe(201);
  expect((await bank.get(`/orders/${order.body.id}`)).body).toMatchObject({ shipping_address });
});
