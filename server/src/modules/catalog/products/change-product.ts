// Changes one product, or archives it: a product is never deleted, because orders may name it.

import { checkVersion } from "../../../http/version.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { Assets } from "../../ledger/index.ts";
import { catalogError } from "../errors.ts";
import { type ProductPatch, readProductPatch } from "../read-input.ts";
import type { ProductChange } from "../schemas.ts";
import { noteWords } from "../search/search-store.ts";
import { announceProducts, unknownCategory } from "./add-products.ts";
import { getProduct, type ProductReader } from "./find-products.ts";
import type { Product, ProductFields } from "./product.ts";
import {
  selectProductForUpdate,
  selectProducts,
  selectTakenSkus,
  selectUnknownCategories,
  updateProduct,
} from "./product-store.ts";

export interface ProductEdit {
  readonly patch: ProductPatch;
  /** The versions the product may have; any other is refused. */
  readonly versions: readonly number[] | undefined;
}

/**
 * Reads a change against the current product: a price by the product's currency, where none is sent. No locks.
 * @throws AppError `not_found/product_not_found`, `invalid/…` naming the field
 */
export async function prepareProductPatch(
  reader: ProductReader,
  actor: Actor,
  { productId, input }: { readonly productId: number; readonly input: ProductChange },
): Promise<ProductPatch> {
  return readProductPatch(reader.assets, input, await getProduct(reader, actor, productId));
}

/** Takes a product out of the shop: orders keep naming it, and its SKU stays taken. @throws AppError as `changeProduct` */
export function archiveProduct(
  tx: Tx,
  assets: Assets,
  edit: Omit<ProductEdit, "patch"> & { readonly productId: number },
): Promise<Product> {
  return changeProduct(tx, assets, { ...edit, patch: { status: "archived" } });
}

/**
 * Changes the fields that the patch names and returns the changed product. Locks its categories, then its
 * row. Appends `product.changed`.
 * @throws AppError `not_found/product_not_found`, `conflict/version_mismatch`, `conflict/sku_taken`, `refused/unknown_category`
 */
export async function changeProduct(
  tx: Tx,
  assets: Assets,
  { productId, patch, versions }: ProductEdit & { readonly productId: number },
): Promise<Product> {
  const { categoryId = null } = patch;
  // Categories before the product: removing a category locks in this order too.
  const unknown = await selectUnknownCategories(tx, categoryId === null ? [] : [categoryId], productId);
  const before = await selectProductForUpdate(tx, productId);
  if (before === undefined) throw catalogError("product_not_found");
  checkVersion(before.version, versions);
  const fields: ProductFields = { ...before, ...patch };
  await refuseTakenSku(tx, before, fields);
  if (unknown.size > 0) throw unknownCategory("category_id", categoryId);
  await updateProduct(tx, productId, fields);
  await noteWords(tx, [productId]);
  const [changed] = await selectProducts(tx.sql, [productId]);
  if (changed === undefined) throw new Error(`product ${productId} vanished`);
  await announceProducts(tx, { assets, topic: "product.changed" }, [changed]);
  return changed;
}

async function refuseTakenSku(tx: Tx, before: Product, { sku }: ProductFields): Promise<void> {
  if (sku !== before.sku && (await selectTakenSkus(tx, [sku])).size > 0)
    throw catalogError("sku_taken", {
      sku,
      fields: [{ field: "sku", reason: `"${sku}" is another product's` }],
    });
}
