import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, invoiceTwo, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import type { Actor } from "../../../values/actor.ts";
import { cancelOrder } from "./cancel-order.ts";
import { type PayRequest, payOrder } from "./pay-order.ts";

const shop = await shareTestOrders();

const placeInvoice = async () => (await invoiceTwo(shop)).id;

const openAccount = (balance: bigint) => shop.openAccount({ owner: "alice", currency: "USD", balance });
const pay = (id: string, request: PayRequest = {}, actor: Actor = STAFF) =>
  shop.act(id, payOrder(shop.services, { actor }, request), actor);

it("notes what was paid outside, and the order goes on", async () => {
  const id = await placeInvoice();
  expect(await pay(id)).toMatchObject({ status: "CONFIRMED", due: "0.00", payment: { captured: "24.00" } });
});

it("takes the place of an unpaid invoice by the customer's balance", async () => {
  const [id, accountId] = [await placeInvoice(), await openAccount(5_000n)];
  expect(await pay(id, { paymentMethod: "balance", accountId }, ALICE)).toMatchObject({
    status: "CONFIRMED",
    payment_method: "balance",
    payment: { provider: "balance", authorized: "24.00" },
  });
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 5_000n, held: 2_400n });
});

it("tries a card again once the first was declined", async () => {
  const { id } = await shop.place([[await shop.addProduct(5), 1]]);
  await expectRefusal(shop.db, () => pay(id, { paymentMethod: "credit_card" }), {
    code: "payment_in_progress",
  });
  const [attempt] = (await shop.openAttempts()).slice(-1);
  if (attempt === undefined) throw new Error("no attempt");
  await shop.settle(attempt, "failed");
  expect(await pay(id, { paymentMethod: "credit_card" }, ALICE)).toMatchObject({
    status: "PENDING",
    payment: { amount: "12.00", status: "requested" },
  });
});

it("refuses what is paid, ended, not the customer's to say, or not covered, and leaves nothing", async () => {
  const paid = await placeInvoice();
  await pay(paid);
  await expectRefusal(shop.db, () => pay(paid), { code: "order_paid" });
  const open = await placeInvoice();
  const accountId = await openAccount(2_399n);
  await expectRefusal(shop.db, () => pay(open, {}, ALICE), { code: "order_change_not_allowed" });
  await expectRefusal(shop.db, () => pay(open, { paymentMethod: "balance", accountId }), {
    code: "insufficient_funds",
  });
  const bobs = await shop.openAccount({ owner: "bob", currency: "USD", balance: 9_000n });
  await expectRefusal(shop.db, () => pay(open, { paymentMethod: "balance", accountId: bobs }, ALICE), {
    code: "account_not_found",
  });
  const services = { ...shop.services, cardProvider: undefined };
  const byCard = payOrder(services, { actor: STAFF }, { paymentMethod: "credit_card" });
  await expectRefusal(shop.db, () => shop.act(open, byCard), { code: "provider_not_configured" });
  await shop.act(open, cancelOrder({}));
  await expectRefusal(shop.db, () => pay(open), { code: "order_state_forbids" });
});

it("is paid once for a key, and once of two at once", async () => {
  const act = payOrder(shop.services, { actor: STAFF }, {});
  const [first, second] = [await placeInvoice(), await placeInvoice()];
  expect(await expectReplay(shop.db, (key) => shop.actByKey(first, act, key))).toMatchObject({
    due: "0.00",
  });
  expect(await expectOneOfTwo(() => pay(second), "order_paid")).toMatchObject({
    payment: { captured: "24.00" },
  });
});
