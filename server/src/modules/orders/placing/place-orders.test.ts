import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, shareTestOrders, type TestLine } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { buildPlacingCommand, type NewOrder } from "./place-orders.ts";

const shop = await shareTestOrders();

/** Of Alice's, in dollars. */
const openAccount = (balance: bigint) => shop.openAccount({ owner: "alice", currency: "USD", balance });
const byBalance = (accountId: number) => ({ paymentMethod: "balance", accountId }) as const;

it("reserves the goods and sets the money aside, in one commit", async () => {
  const [productId, account] = [await shop.addProduct(10), await openAccount(10_000n)];
  const order = await shop.place([[productId, 2]], byBalance(account));
  expect(order).toMatchObject({
    status: "CONFIRMED",
    customer_id: ALICE.id,
    net: "20.00",
    tax: "4.00",
    total: "24.00",
    items: [{ line: 1, quantity: 2, unit_price: "10.00", total: "24.00" }],
    payment: { provider: "balance", authorized: "24.00" },
  });
  expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 2n });
  expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 2_400n });
});

it("begins a payment by card, and takes an invoice's word for its money", async () => {
  const productId = await shop.addProduct(10);
  const card = await shop.place([[productId, 1]]);
  expect(card).toMatchObject({ status: "PENDING", payment: { provider: "sandbox", status: "requested" } });
  expect(await shop.openAttempts()).toMatchObject([{ paymentId: Number(card.payment.id), act: "authorize" }]);
  const invoice = await shop.place([[productId, 1]], { paymentMethod: "invoice" });
  expect(invoice).toMatchObject({ status: "PENDING", payment: { provider: "manual" } });
});

it("refuses what cannot be sold or paid, naming the line, and leaves nothing", async () => {
  const [productId, euros] = [await shop.addProduct(5), await shop.addProduct(5, { currency: "EUR" })];
  const untaxed = await shop.addProduct(5, { taxClass: "nowhere" });
  const large = await shop.addProduct(0, { tracksStock: false, priceMinor: 10n ** 13n });
  const poor = await openAccount(1_199n);
  const bobs = await shop.openAccount({ owner: "bob", currency: "USD", balance: 10_000n });
  const inEuros = await shop.openAccount({ owner: "alice", currency: "EUR", balance: 10_000n });
  const wrong: readonly [string, readonly TestLine[], Partial<NewOrder>?][] = [
    ["product_unavailable", [[2_000_000_000, 1]]],
    ["order_currency_mismatch", [[euros, 1]]],
    ["tax_class_unknown", [[untaxed, 1]]],
    ["order_too_large", [[large, 1_000_000]]],
    ["insufficient_stock", [[productId, 6]]],
    ["account_for_payment_missing", [[productId, 1]], { paymentMethod: "balance" }],
    ["insufficient_funds", [[productId, 1]], byBalance(poor)],
    ["account_not_found", [[productId, 1]], byBalance(bobs)],
    ["asset_mismatch", [[productId, 1]], byBalance(inEuros)],
    ["customer_unknown", [[productId, 1]], { customer: { user: { id: "nobody" } } as never }],
    ["coupon_unknown", [[productId, 1]], { couponCode: "NOBODYS" }],
  ];
  for (const [code, lines, fields] of wrong)
    await expectRefusal(shop.db, () => shop.place(lines, fields), { code });
  const second: readonly TestLine[] = [
    [productId, 3],
    [productId, 3],
  ];
  await expectRefusal(shop.db, () => shop.place(second), {
    details: { fields: [{ field: "items[1].quantity", reason: expect.any(String) }] },
  });
});

it("refuses a card where no provider is configured", async () => {
  const productId = await shop.addProduct(5);
  const asset = shop.assets.byCode("USD");
  if (asset === undefined) throw new Error("no dollar");
  const addresses = { shippingAddress: null, billingAddress: null };
  const request = { items: [{ productId, quantity: 1 }], customerId: null, asset, ...addresses };
  const services = { ...shop.services, cardProvider: undefined };
  const place = async () =>
    shop.carryOut(
      await buildPlacingCommand(services, { actor: STAFF }, { ...request, paymentMethod: "credit_card" }),
    );
  await expectRefusal(shop.db, place, { code: "provider_not_configured" });
});

it("is placed once for a key", async () => {
  const productId = await shop.addProduct(5);
  const order = await expectReplay(shop.db, (key) => shop.place([[productId, 2]], {}, key));
  expect(order).toMatchObject({ total: "24.00" });
  expect(await shop.levels(productId)).toEqual({ balance: 5n, held: 2n });
});

it("sells the last unit once, to one of two at once", async () => {
  const productId = await shop.addProduct(1);
  await expectOneOfTwo(() => shop.place([[productId, 1]]), "insufficient_stock");
  expect(await shop.levels(productId)).toEqual({ balance: 1n, held: 1n });
});
