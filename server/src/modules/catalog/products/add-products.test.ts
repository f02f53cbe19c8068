import { expect, it } from "vitest";
import { customer, keyed, readTopics } from "../../../../tests/desk.ts";
import { addContext, newProduct, openTestProducts } from "../../../../tests/products.ts";
import { expectRefusal, run } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import { addProduct, addProducts, type NewProduct } from "./add-products.ts";

const shop = await shareInFile(openTestProducts());

const add = (fields: Partial<NewProduct>, key?: KeyedRequest) =>
  run(
    shop.db,
    async (tx) => {
      const { id, sku, version } = await addProduct(tx, addContext(shop.assets), newProduct(fields));
      return { id, sku, version };
    },
    key,
  );
const addAll = (products: readonly NewProduct[]) =>
  run(shop.db, async (tx) => ({
    skus: (await addProducts(tx, { ...addContext(shop.assets), isBatch: true }, products)).map(
      ({ sku }) => sku,
    ),
  }));
const onHand = async (sku: string) => {
  const [row] = await shop.db<{ quantity: string }[]>`
    SELECT (credits_posted - debits_posted)::text AS quantity
    FROM ledger.accounts a
    JOIN inventory.stock s ON s.account_id = a.id
    JOIN catalog.products p ON p.id = s.product_id
    WHERE p.sku = ${sku}`;
  return row?.quantity;
};

it("adds a product with the stock that it begins with, and tells of it", async () => {
  expect(await add({ sku: "WH-001", initialQuantity: 50 })).toMatchObject({ sku: "WH-001", version: 1 });
  expect(await onHand("WH-001")).toBe("50");
  await add({ sku: "SERVICE", tracksStock: false });
  expect(await onHand("SERVICE")).toBeUndefined();
  expect((await readTopics(shop.db)).filter((topic) => topic === "product.added")).toHaveLength(2);
});

it("adds a thousand at once in the order they came, with the stock of each", async () => {
  const many = Array.from({ length: 1_000 }, (_, index) =>
    newProduct({ sku: `MANY-${index}`, initialQuantity: index }),
  );
  expect((await addAll(many)).skus).toEqual(many.map(({ sku }) => sku));
  expect([await onHand("MANY-0"), await onHand("MANY-999")]).toEqual(["0", "999"]);
});

it("refuses a taken SKU, also an archived product's, and an unknown category, naming the field, and leaves nothing of all", async () => {
  await add({ sku: "TAKEN", status: "archived" });
  await add({ sku: "taken" }); // another, as it is written
  const refusal = (code: string, field: string) => ({ code, details: { fields: [{ field }] } });
  await expectRefusal(shop.db, () => add({ sku: "TAKEN" }), refusal("sku_taken", "sku"));
  const lost = { categoryId: 99_999 };
  await expectRefusal(shop.db, () => add(lost), refusal("unknown_category", "category_id"));
  const taken = [newProduct({ initialQuantity: 5 }), newProduct({ sku: "TAKEN" })];
  await expectRefusal(shop.db, () => addAll(taken), refusal("sku_taken", "products[1].sku"));
  const unknown = [newProduct(), newProduct(lost)];
  await expectRefusal(shop.db, () => addAll(unknown), refusal("unknown_category", "products[1].category_id"));
});

it("adds one product of a repeated key, also of three at once; of two at once with one SKU one wins", async () => {
  const key = keyed(customer("staff"), "product-once");
  const once = await Promise.all([1, 2, 3].map(() => add({ sku: "ONCE" }, key)));
  expect(new Set(once.map(({ id }) => id)).size).toBe(1);
  const race = await Promise.allSettled([1, 2, 3].map(() => add({ sku: "RACE" })));
  expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const lost of race)
    if (lost.status === "rejected") expect(lost.reason).toMatchObject({ code: "sku_taken" });
});
