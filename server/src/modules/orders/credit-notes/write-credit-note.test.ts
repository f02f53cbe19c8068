import { expect, it } from "vitest";
import { answerOf, STAFF } from "../../../../tests/desk.ts";
import { shareTestOrders } from "../../../../tests/orders.ts";
import { expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import { type NewCreditNote, writeCreditNote } from "./write-credit-note.ts";

const shop = await shareTestOrders();

async function write(fields: Partial<NewCreditNote> & Pick<NewCreditNote, "items">, key?: KeyedRequest) {
  const asset = shop.assets.byCode("USD");
  if (asset === undefined) throw new Error("no dollar");
  const request = { customerId: null, asset, reason: "goodwill", ...fields };
  return answerOf(await writeCreditNote(shop.services, { actor: STAFF, key }, request));
}

/** Two units of 12.00 of a product, to go back on the shelf. */
const itemsOf = (productId: number) => [{ productId, quantity: 2, restock: true }];

it("puts goods on the shelf and money on an account, of no order", async () => {
  const productId = await shop.addProduct(5);
  const accountId = await shop.openAccount({ owner: "alice", currency: "USD" });
  expect(await write({ items: itemsOf(productId), accountId, reference: "till 7" })).toMatchObject({
    order_id: null,
    net: "20.00",
    tax: "4.00",
    total: "24.00",
    reason: "goodwill",
    reference: "till 7",
  });
  expect(await shop.levels(productId)).toEqual({ balance: 7n, held: 0n });
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 2_400n, held: 0n });
});

it("moves no money where it was paid outside, and no goods that are written off", async () => {
  const productId = await shop.addProduct(5);
  const items = [{ productId, quantity: 1, restock: false }];
  expect(await write({ items })).toMatchObject({ total: "12.00" });
  expect(await shop.levels(productId)).toEqual({ balance: 5n, held: 0n });
});

it("refuses what is not sold, an account that cannot take it, and an unknown customer, and leaves nothing", async () => {
  const productId = await shop.addProduct(5);
  const euros = await shop.openAccount({ owner: "alice", currency: "EUR" });
  const frozen = await shop.openAccount({ owner: "alice", currency: "USD" });
  await shop.db`UPDATE ledger.accounts SET state = 2, version = version + 1 WHERE id = ${frozen}`;
  const items = itemsOf(productId);
  const place = { id: 99, field: "items[0].location_id" };
  const wrong: readonly [string, Parameters<typeof write>[0]][] = [
    ["product_unavailable", { items: itemsOf(2_000_000_000) }],
    ["account_not_found", { items, accountId: 7_000_000_000 }],
    ["asset_mismatch", { items, accountId: euros }],
    ["account_frozen", { items, accountId: frozen }],
    ["customer_unknown", { items, customer: { user: { id: "nobody" } } as never }],
    ["location_not_found", { items: [{ productId, quantity: 1, restock: true, location: place }] }],
  ];
  for (const [code, fields] of wrong) await expectRefusal(shop.db, () => write(fields), { code });
});

it("is written once for a key; two at once are two", async () => {
  const productId = await shop.addProduct(5);
  await expectReplay(shop.db, (key) => write({ items: itemsOf(productId) }, key));
  expect(await shop.levels(productId)).toEqual({ balance: 7n, held: 0n });
  const items = itemsOf(productId);
  const [a, b] = await Promise.all([write({ items }), write({ items })]);
  expect(a.id).not.toBe(b.id);
  expect(await shop.levels(productId)).toEqual({ balance: 11n, held: 0n });
});
