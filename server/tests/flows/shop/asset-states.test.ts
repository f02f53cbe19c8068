// Assets that are read by their code, deactivated and activated again, and what begins in them meanwhile.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";
import { readTrail } from "../../trail.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());

const set = (code: string, act: string, by = shop.staff) => by("POST", `/assets/${code}/${act}`);
const openAccount = (fields: object = { currency: "USD" }) =>
  shop.staff("POST", "/accounts", { body: { owner_id: "alice", external_owner: true, ...fields } });

it("F6-34: an asset is read by its code", async () => {
  const jpy = { code: "JPY", kind: "money", scale: 0, state: "active" };
  expect(await shop.alice("GET", "/assets/JPY")).toMatchObject({ status: 200, body: jpy });
  expect((await shop.alice("GET", "/assets?kind=money")).body.items).toContainEqual(
    expect.objectContaining(jpy),
  );
  for (const code of ["XXX", "jpy", "%E2%82%AC", "constructor", "JPY%00", "x".repeat(65)])
    expect([400, 404], code).toContain((await shop.staff("GET", `/assets/${code}`)).status);
  expect(await shop.staff("GET", "/assets/XXX")).toMatchObject({
    status: 404,
    body: { code: "asset_not_found" },
  });
});

it("an asset has a name, a description, a category and metadata, which admins change; lists tell how many there are", async () => {
  const { admin } = { admin: await shop.app.token("admin") };
  const send = (request: string, body?: unknown) => shop.app.send(admin, request, body);
  const details = {
    name: "Acme Inc.",
    description: "Common\nstock",
    category: "shares",
    metadata: { isin: "US1" },
  };
  const asset = { code: "ACME", kind: "security", scale: 9 };
  expect(await send("POST /assets", { ...asset, ...details })).toMatchObject({
    status: 201,
    body: { ...asset, ...details, state: "active" },
  });
  const changed = await send("PATCH /assets/ACME", { name: "Acme", metadata: null });
  expect(changed.body).toMatchObject({ ...asset, ...details, name: "Acme", metadata: null });
  expect((await send("GET /assets/ACME")).body).toEqual(changed.body);
  const { body: page } = await send("GET /assets?category=shares&limit=1");
  expect(page).toMatchObject({ items: [{ code: "ACME" }], total: 1, next_cursor: null });
  expect((await send("GET /assets?kind=money&limit=1")).body.total).toBeGreaterThan(10);
  const tooFine = await send("POST /assets", { ...asset, code: "FINE", scale: 10 });
  expect([tooFine.status, tooFine.body.errors[0].field]).toEqual([400, "scale"]);
  expect((await send("PATCH /assets/NONE", { name: "None" })).status).toBe(404);
  expect((await shop.alice("PATCH", "/assets/ACME", { body: { name: "Mine" } })).status).toBe(403);
});

it("F6-34: no account and no order begins in an inactive asset, on any process; what is there can be moved and paid back", async () => {
  const other = await startTestApp({ DB_URL: shop.app.databaseUrl });
  const product = await shop.addProduct();
  const [payer, payee] = [await shop.openAccount("alice", "50.00"), await shop.openAccount("bob")];
  const order = {
    items: [{ product_id: product.id, quantity: 1 }],
    payment_method: "balance",
    account_id: payer,
  };
  const placed = await shop.alice("POST", "/orders", { body: order });
  expect(placed.status).toBe(201);
  expect(await set("USD", "deactivate")).toMatchObject({
    status: 200,
    body: { code: "USD", kind: "money", scale: 2, state: "inactive" },
  });
  expect((await set("USD", "deactivate")).body.state).toBe("inactive");
  const refused = { status: 422, body: { code: "asset_inactive", errors: [{ field: "currency" }] } };
  const elsewhere = await other.call("POST", "/orders", {
    token: await shop.app.token("customer", "alice"),
    body: order,
  });
  const { body: cart } = await shop.alice("POST", "/carts", { body: {} });
  await shop.alice("POST", `/carts/${cart.id}/lines`, { body: { product_id: product.id, quantity: 1 } });
  const checkout = { body: { payment_method: "invoice" } };
  for (const answer of [
    elsewhere,
    await shop.alice("POST", "/orders", { body: order }),
    await shop.staff("POST", "/orders", {
      body: { ...order, payment_method: "invoice", account_id: undefined },
    }),
    await shop.alice("POST", `/carts/${cart.id}/checkout`, checkout),
    await openAccount(),
    await shop.staff("POST", "/accounts/batch", {
      body: {
        accounts: [
          { owner_id: "a", external_owner: true, currency: "EUR" },
          { owner_id: "a", external_owner: true, currency: "USD" },
        ],
      },
    }),
  ])
    expect(answer).toMatchObject(refused);
  expect(await shop.stockOf(product.id)).toMatchObject({ on_hand: 100, reserved: 1 });

  const move = { type: "transfer", account_id: payer, to_account_id: payee, amount: "5.00", currency: "USD" };
  expect((await shop.alice("POST", "/transactions", { body: move })).status).toBe(201);
  expect((await shop.staff("POST", `/orders/${placed.body.id}/ship`, { body: {} })).status).toBe(201);
  const refund = { body: { amount: "1.00", reason: "scratched" } };
  expect((await shop.staff("POST", `/orders/${placed.body.id}/refunds`, refund)).status).toBe(201);
  await expect.poll(async () => (await shop.balanceOf(payer)).balance).toBe("44.80");

  expect((await set("USD", "activate")).body.state).toBe("active");
  expect((await shop.alice("POST", `/carts/${cart.id}/checkout`, checkout)).status).toBe(201);
  expect(
    (await other.call("POST", "/orders", { token: await shop.app.token("customer", "alice"), body: order }))
      .status,
  ).toBe(201);
  expect((await openAccount()).status).toBe(201);
  await other.stop();
});

it("F6-34: administrators alone change it, once a key, on the trail; units of stock stay active", async () => {
  expect((await set("CHF", "deactivate", shop.alice)).status).toBe(403);
  expect(await set("UNIT", "deactivate")).toMatchObject({ status: 422, body: { code: "asset_is_needed" } });
  expect(await set("XXX", "activate")).toMatchObject({ status: 404, body: { code: "asset_not_found" } });
  const headers = { "idempotency-key": "stop-chf" };
  const first = await shop.staff("POST", "/assets/CHF/deactivate", { headers });
  await set("CHF", "activate");
  const again = await shop.staff("POST", "/assets/CHF/deactivate", { headers });
  expect(again.body).toEqual(first.body);
  expect((await shop.staff("GET", "/assets/CHF")).body.state).toBe("active");
  const acts = (await readTrail(shop.app.db)).filter(({ resource }) => resource?.id === "CHF");
  expect(acts.map(({ event, outcome }) => `${event} ${outcome}`)).toEqual([
    "asset.deactivate success",
    "asset.activate success",
  ]);
});

it("F6-34: two at once on one asset leave it in one of the two states, and accounts open only while it is active", async () => {
  const acts = Array.from({ length: 20 }, (_, index) =>
    set("NOK", index % 2 === 0 ? "deactivate" : "activate"),
  );
  const opened = Array.from({ length: 20 }, () => openAccount({ currency: "NOK" }));
  const statuses = (await Promise.all([...acts, ...opened])).map(({ status }) => status);
  expect(new Set(statuses).isSubsetOf(new Set([200, 201, 422]))).toBe(true);
  await set("NOK", "deactivate");
  expect((await openAccount({ currency: "NOK" })).status).toBe(422);
});
