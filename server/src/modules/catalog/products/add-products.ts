// Adds products to the catalog, one or up to a thousand, and tells the inventory what stock each begins with.
import type { Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import { appendEvents } from "../../jobs/index.ts";
import type { Assets } from "../../ledger/index.ts";
import { catalogError } from "../errors.ts";
import { noteWords } from "../search/search-store.ts";
import { describeProduct, type NewStock, type Product, type ProductFields } from "./product.ts";
import { insertProducts, selectProducts, selectTakenSkus, selectUnknownCategories } from "./product-store.ts";

export type NewProduct = ProductFields & Omit<NewStock, "productId" | "sku">;

/** Opens the stock of new products whose stock is kept, in the transaction that adds them. The inventory implements it. */
export type StockOpener = (tx: Tx, stock: readonly NewStock[], actor: Actor) => Promise<void>;

export interface AddContext {
  readonly assets: Assets;
  readonly actor: Actor;
  readonly onProductsCreated: StockOpener | undefined;
  /** Whether the fields of refusals carry an index: "products[3].sku". */
  readonly isBatch: boolean;
}

/** Adds one product. @throws AppError as `addProducts` */
export async function addProduct(
  tx: Tx,
  context: Omit<AddContext, "isBatch">,
  product: NewProduct,
): Promise<Product> {
  const [added] = await addProducts(tx, { ...context, isBatch: false }, [product]);
  if (added === undefined) throw new Error("no product was added");
  return added;
}

/**
 * Adds all or none, and returns them in the same order. Locks only the categories' rows, against removal: where two calls
 * add one SKU at once, the later fails on the unique index, its transaction tries again, and it is then refused.
 * Appends `product.added` for each.
 * @throws AppError `conflict/sku_taken`, `refused/unknown_category`
 */
export async function addProducts(
  tx: Tx,
  { assets, actor, onProductsCreated, isBatch }: AddContext,
  products: readonly NewProduct[],
): Promise<Product[]> {
  const nameField = (index: number, field: string) => (isBatch ? `products[${index}].${field}` : field);
  await refuseTakenSkus(tx, products, nameField);
  await refuseUnknownCategories(tx, products, nameField);
  const ids = await insertProducts(tx, products);
  await noteWords(tx, ids);
  const stock = products.flatMap((product, index) => {
    const { sku, initialQuantity, backorderLimit, lowStockThreshold } = product;
    const productId = ids[index];
    if (productId === undefined) throw new Error("a product was not inserted");
    return product.tracksStock
      ? [{ productId, sku, initialQuantity, backorderLimit, lowStockThreshold }]
      : [];
  });
  if (stock.length > 0) await onProductsCreated?.(tx, stock, actor);
  const added = await selectProducts(tx.sql, ids); // sorted by id, which is the order of insertion
  await announceProducts(tx, { assets, topic: "product.added" }, added);
  return added;
}

type FieldNamer = (index: number, field: string) => string;

async function refuseTakenSkus(
  tx: Tx,
  products: readonly NewProduct[],
  nameField: FieldNamer,
): Promise<void> {
  const taken = await selectTakenSkus(
    tx,
    products.map(({ sku }) => sku),
  );
  const index = products.findIndex(({ sku }) => taken.has(sku));
  const sku = products[index]?.sku;
  if (sku === undefined) return;
  throw catalogError("sku_taken", {
    sku,
    fields: [{ field: nameField(index, "sku"), reason: `"${sku}" is another product's` }],
  });
}

async function refuseUnknownCategories(
  tx: Tx,
  products: readonly NewProduct[],
  nameField: FieldNamer,
): Promise<void> {
  const ids = products.flatMap(({ categoryId }) => (categoryId === null ? [] : [categoryId]));
  const unknown = await selectUnknownCategories(tx, [...new Set(ids)]);
  const index = products.findIndex(({ categoryId }) => categoryId !== null && unknown.has(categoryId));
  if (index < 0) return;
  throw unknownCategory(nameField(index, "category_id"), products[index]?.categoryId);
}

export function unknownCategory(field: string, categoryId: number | null | undefined) {
  return catalogError("unknown_category", {
    fields: [{ field, reason: `there is no category ${categoryId}` }],
  });
}

/** Appends an event for each product, with its document. */
export async function announceProducts(
  tx: Tx,
  { assets, topic }: { readonly assets: Assets; readonly topic: string },
  products: readonly Product[],
): Promise<void> {
  const events = products.map((product) => ({
    topic,
    payload: JSON.stringify(describeProduct(assets, product)),
  }));
  await appendEvents(tx, events);
}
