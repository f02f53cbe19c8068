import { expect, it } from "vitest";
import { keyed, readTopics, STAFF } from "../../../../tests/desk.ts";
import { openTestProducts } from "../../../../tests/products.ts";
import { expectRefusal, run } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import { GUEST } from "../../../values/actor.ts";
import type { ProductChange } from "../schemas.ts";
import { archiveProduct, changeProduct, prepareProductPatch } from "./change-product.ts";
import { getProduct } from "./find-products.ts";
import { describeProduct } from "./product.ts";

const shop = await shareInFile(openTestProducts());

async function change(
  productId: number,
  input: ProductChange,
  { versions, key }: { versions?: readonly number[]; key?: KeyedRequest } = {},
) {
  const patch = await prepareProductPatch(shop, STAFF, { productId, input });
  const { assets, db } = shop;
  return run(
    db,
    async (tx) => describeProduct(assets, await changeProduct(tx, assets, { productId, patch, versions })),
    key,
  );
}
const archive = (productId: number) =>
  run(shop.db, async (tx) => ({
    status: (await archiveProduct(tx, shop.assets, { productId, versions: undefined })).status,
  }));

it("sets only what is sent, price and currency together, counts the version, and tells of it", async () => {
  const product = await shop.add({ brand: "Old", metadata: { color: "red", size: 4 } });
  const before = describeProduct(shop.assets, product);
  const changed = await change(product.id, { price: 12.5, brand: null, metadata: { color: "blue" } });
  expect(changed).toEqual({
    ...before,
    price: "12.50",
    brand: null,
    metadata: { color: "blue" },
    version: 2,
    updated_at: changed.updated_at,
  });
  expect(await change(product.id, { currency: "JPY", price: 1_250 })).toMatchObject({
    price: "1250",
    currency: "JPY",
  });
  expect((await readTopics(shop.db)).filter((topic) => topic === "product.changed")).toHaveLength(2);
});

it("refuses a currency without a price, and decimals that the product's currency has not", async () => {
  const { id } = await shop.add({ currency: "JPY" });
  for (const input of [{ currency: "USD" }, { price: "1.5" }])
    await expectRefusal(shop.db, () => change(id, input), {
      kind: "invalid",
      details: { fields: [{ field: "price" }] },
    });
});

it("refuses another product's SKU, an unknown category, an unknown product and an old version, and changes nothing", async () => {
  const [one, two] = [await shop.add(), await shop.add()];
  const refusal = (input: ProductChange, code: string, versions?: number[]) =>
    expectRefusal(shop.db, () => change(one.id, input, versions === undefined ? {} : { versions }), { code });
  await refusal({ sku: two.sku, name: "Other" }, "sku_taken");
  await refusal({ category_id: 99_999 }, "unknown_category");
  await refusal({ name: "Late" }, "version_mismatch", [7]);
  expect(await change(one.id, { sku: one.sku }, { versions: [1, 7] })).toMatchObject({ version: 2 });
  await expectRefusal(shop.db, () => change(99_999_999, { name: "x" }), { code: "product_not_found" });
  await expectRefusal(shop.db, () => archive(99_999_999), { code: "product_not_found" });
});

it("archives a product: it leaves the shop, keeps its SKU, and can come back", async () => {
  const { id, sku } = await shop.add();
  expect(await archive(id)).toEqual({ status: "archived" });
  await expect(getProduct(shop, GUEST, id)).rejects.toMatchObject({ code: "product_not_found" });
  await expect(shop.add({ sku })).rejects.toMatchObject({ code: "sku_taken" });
  await change(id, { status: "active" });
  expect(await getProduct(shop, GUEST, id)).toMatchObject({ status: "active", version: 3 });
});

it("changes once for a repeated key; of two editors of one version one is told the version that is", async () => {
  const { id } = await shop.add();
  const key = keyed(STAFF, "rename");
  expect(await change(id, { name: "Renamed" }, { key })).toEqual(
    await change(id, { name: "Renamed" }, { key }),
  );
  const edits = await Promise.allSettled(
    ["Left", "Right"].map((name) => change(id, { name }, { versions: [2] })),
  );
  expect(edits.flatMap((edit) => (edit.status === "rejected" ? [edit.reason] : []))).toMatchObject([
    { code: "version_mismatch", details: { version: 3 } },
  ]);
});
