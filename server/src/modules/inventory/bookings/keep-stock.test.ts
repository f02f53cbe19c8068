import { expect, it } from "vitest";
import { answerOf, keyed, STAFF } from "../../../../tests/desk.ts";
import { addTestProduct } from "../../../../tests/products.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { openTestStock } from "../../../../tests/stock.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { addLocation } from "../stock/location.ts";
import { DEFAULT_LOCATION_ID } from "../stock/stock.ts";
import { adjustStock, receiveStock, takeStock, transferStock } from "./keep-stock.ts";

const shop = await shareInFile(openTestStock());
const caller = { actor: STAFF };
const NOWHERE = 999_999;

const addThing = async (initialQuantity: number) => (await addTestProduct(shop, { initialQuantity })).id;

let locationCount = 0;
async function openPlace(): Promise<number> {
  const code = `place-${++locationCount}`;
  const place = { code, name: code, priority: 50, sells: true };
  return (await inTransaction(shop.db, (tx) => addLocation(tx, place))).id;
}

const holdsAt = async (productId: number) =>
  new Map((await shop.accountsOf(productId)).map(({ locationId, accountId }) => [locationId, accountId]));
async function levelAt(productId: number, locationId: number): Promise<bigint> {
  const accountId = (await holdsAt(productId)).get(locationId);
  return accountId === undefined ? -1n : (await shop.balanceOf(accountId)).balance;
}

it("receives at the first location unless told another, where it opens the product's stock", async () => {
  const [productId, locationId] = [await addThing(2), await openPlace()];
  const items = [
    { product_id: productId, quantity: 3 },
    { product_id: productId, quantity: 4, location_id: locationId },
  ];
  const received = answerOf(
    await receiveStock(shop, caller, { items, reference: "delivery 7", note: "dry" }),
  );
  expect(received).toMatchObject({
    reference: "delivery 7",
    note: "dry",
    items: [{ on_hand: 5 }, { on_hand: 4 }],
  });
  expect(await levelAt(productId, DEFAULT_LOCATION_ID)).toBe(5n);
  expect(await levelAt(productId, locationId)).toBe(4n);
});

it("books a repeated key once", async () => {
  const productId = await addThing(0);
  const goods = { items: [{ product_id: productId, quantity: 3 }] };
  const receive = () => receiveStock(shop, { ...caller, key: keyed(STAFF, "goods", goods) }, goods);
  const [first, second] = [answerOf(await receive()), answerOf(await receive())];
  expect(second).toEqual(first);
  expect(await levelAt(productId, DEFAULT_LOCATION_ID)).toBe(3n);
});

it("corrects up and down, and refuses to write off what is reserved, or by zero", async () => {
  const [productId, other] = [await addThing(5), await addThing(5)];
  const adjust = (...quantities: number[]) =>
    adjustStock(shop, caller, {
      items: quantities.map((quantity, index) => ({
        product_id: index === 0 ? productId : other,
        quantity,
        reason: "damaged" as const,
      })),
    });
  await shop.carryOut(await shop.reserve([{ productId, quantity: 4 }]));
  expect(answerOf(await adjust(-1, 2))).toMatchObject({ items: [{ on_hand: 4 }, { on_hand: 7 }] });
  expect(await adjust(-1, 2)).toMatchObject({ refused: { code: "insufficient_stock" } });
  expect(await levelAt(other, DEFAULT_LOCATION_ID)).toBe(7n); // all or none
  await expectRefusal(shop.db, () => adjust(1, 0), {
    details: { fields: [{ field: "items[1].quantity", reason: "must not be zero" }] },
  });
});

it("moves between locations, and names where nothing was ever kept", async () => {
  const [productId, locationId] = [await addThing(5), await openPlace()];
  const move = (quantity: number, from: number, to: number) =>
    transferStock(shop, caller, {
      items: [{ product_id: productId, quantity }],
      from_location_id: from,
      to_location_id: to,
    });
  const main = DEFAULT_LOCATION_ID;
  await expectRefusal(shop.db, () => move(1, locationId, main), {
    code: "stock_not_found",
    details: { fields: [{ field: "items[0].product_id" }] },
  });
  answerOf(await move(2, main, locationId));
  expect([await levelAt(productId, main), await levelAt(productId, locationId)]).toEqual([3n, 2n]);
  expect(await move(4, main, locationId)).toMatchObject({ refused: { code: "insufficient_stock" } });
  await expectRefusal(shop.db, () => move(1, main, main), {
    details: { fields: [{ field: "to_location_id", reason: "must be another location" }] },
  });
});

it("books the difference that a count found, and refuses a product that is counted twice", async () => {
  const productId = await addThing(5);
  const count = (...counted: number[]) =>
    takeStock(shop, caller, { items: counted.map((each) => ({ product_id: productId, counted: each })) });
  answerOf(await count(3));
  expect(await levelAt(productId, DEFAULT_LOCATION_ID)).toBe(3n);
  await expectRefusal(shop.db, () => count(3, 4), {
    details: { fields: [{ field: "items[1].product_id" }] },
  });
});

it("names an unknown product, and an unknown location, and opens nothing", async () => {
  const productId = await addThing(1);
  const receive = (product_id: number, location_id: number) =>
    receiveStock(shop, caller, {
      items: [
        { product_id: productId, quantity: 1 },
        { product_id, quantity: 1, location_id },
      ],
    });
  await expectRefusal(shop.db, () => receive(NOWHERE, DEFAULT_LOCATION_ID), {
    code: "product_not_found",
    details: { fields: [{ field: "items[1].product_id" }] },
  });
  await expectRefusal(shop.db, () => receive(productId, NOWHERE), {
    code: "location_not_found",
    details: { fields: [{ field: "items[1].location_id" }] },
  });
});
