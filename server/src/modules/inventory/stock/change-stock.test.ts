import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { openTestStock } from "../../../../tests/stock.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { changeStock, prepareStockChange, type StockChange } from "./change-stock.ts";

const shop = await shareInFile(openTestStock());
let productCount = 0;

async function setUp(quantity: number): Promise<number> {
  const productId = ++productCount;
  await shop.stock(productId, quantity);
  return productId;
}

async function change(productId: number, wanted: StockChange) {
  await prepareStockChange(shop, productId);
  return inTransaction(shop.db, (tx) =>
    changeStock(tx, { noteAvailability: undefined }, { productId, change: wanted, actorId: STAFF.id }),
  );
}

async function alertsOf(productId: number): Promise<string[]> {
  const rows = await shop.db<{ topic: string }[]>`
    SELECT topic FROM jobs.outbox WHERE (payload::jsonb ->> 'product_id')::integer = ${productId} ORDER BY id`;
  return rows.map(({ topic }) => topic);
}

it("sets thresholds, leaves what is not named as it is, and counts a version for each change", async () => {
  const productId = await setUp(10);
  const first = await change(productId, { lowStockThreshold: 3, reorderQuantity: 20 });
  expect(first).toMatchObject({ productId, lowStockThreshold: 3, reorderQuantity: 20 });
  const second = await change(productId, { reorderQuantity: null });
  expect(second).toMatchObject({ lowStockThreshold: 3, reorderQuantity: null, version: first.version + 1 });
});

it("raises the alert that a new threshold asks for, at once, and takes it back with the threshold", async () => {
  const productId = await setUp(4);
  expect(await change(productId, { lowStockThreshold: 4 })).toMatchObject({ lowSince: expect.any(Date) });
  expect(await alertsOf(productId)).toEqual(["stock.low"]);
  expect(await change(productId, { lowStockThreshold: null })).toMatchObject({ lowSince: null });
});

it("lets units be sold before they arrive, and takes no limit back that is in use", async () => {
  const productId = await setUp(1);
  expect(await change(productId, { backorderLimit: 5 })).toMatchObject({ sellable: 6, free: 1 });
  await shop.carryOut(await shop.reserve([{ productId, quantity: 4 }]));
  await expectRefusal(shop.db, () => change(productId, { backorderLimit: 2 }), {
    code: "backorder_in_use",
    details: { fields: [{ field: "backorder_limit" }] },
  });
  expect(await change(productId, { backorderLimit: 3 })).toMatchObject({ sellable: 0 });
});

it("ends reservations that are past their time before it looks at what is in use", async () => {
  const productId = await setUp(1);
  await change(productId, { backorderLimit: 5 });
  await shop.carryOut(await shop.reserve([{ productId, quantity: 4 }], 0));
  expect(await change(productId, { backorderLimit: 0 })).toMatchObject({ sellable: 1 });
});

it("refuses another version than the one it was read at, and a product without stock", async () => {
  const productId = await setUp(1);
  const { version } = await change(productId, { lowStockThreshold: 1 });
  await expectRefusal(shop.db, () => change(productId, { lowStockThreshold: 2, versions: [version - 1] }), {
    code: "version_mismatch",
  });
  expect(await change(productId, { lowStockThreshold: 2, versions: [version] })).toMatchObject({
    version: version + 1,
  });
  await expect(change(999_999, { lowStockThreshold: 1 })).rejects.toMatchObject({ code: "stock_not_found" });
});
