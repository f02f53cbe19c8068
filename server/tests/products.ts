// Products and categories on a test's database, without HTTP.

import type { Category } from "../src/modules/catalog/categories/category.ts";
import { addCategory, type NewCategory } from "../src/modules/catalog/categories/change-category.ts";
import { addProduct, type NewProduct } from "../src/modules/catalog/products/add-products.ts";
import type { Product } from "../src/modules/catalog/products/product.ts";
import { openStocks } from "../src/modules/inventory/index.ts";
import { type Assets, loadAssets } from "../src/modules/ledger/index.ts";
import type { Sql } from "../src/runtime/database.ts";
import { inTransaction, type Tx } from "../src/runtime/transaction.ts";
import type { Actor } from "../src/values/actor.ts";
import { createTestDatabase } from "./database.ts";

const STAFF: Actor = { id: "staff", name: "staff", roles: ["operator"] };

let productCount = 0;

/** A thing of 10.00 USD with a SKU of its own, none of which is there, unless told otherwise. */
export function newProduct(fields: Partial<NewProduct> = {}): NewProduct {
  return {
    sku: `SKU-${++productCount}`,
    name: "Thing",
    description: "",
    priceMinor: 1_000n,
    currency: "USD",
    priceIncludesTax: false,
    taxClass: "standard",
    categoryId: null,
    brand: null,
    status: "active",
    tracksStock: true,
    metadata: {},
    initialQuantity: 0,
    backorderLimit: 0,
    ...fields,
  };
}

/** As the program adds products: with their stock. */
export function addContext(assets: Assets) {
  const onProductsCreated = (tx: Tx, stock: readonly object[], actor: Actor) =>
    openStocks(tx, assets, stock.map((each) => ({ ...each, actor })) as never);
  return { assets, actor: STAFF, onProductsCreated };
}

/** A product that is new to the catalog, on a database that the test has open. */
export function addTestProduct(
  { db, assets }: Pick<TestProducts, "db" | "assets">,
  fields: Partial<NewProduct> = {},
): Promise<Product> {
  return inTransaction(db, (tx) => addProduct(tx, addContext(assets), newProduct(fields)));
}

export interface TestProducts {
  readonly db: Sql;
  readonly assets: Assets;
  readonly add: (fields?: Partial<NewProduct>) => Promise<Product>;
  readonly addCategory: (name: string, fields?: Partial<NewCategory>) => Promise<Category>;
  readonly close: () => Promise<void>;
}

export async function openTestProducts(): Promise<TestProducts> {
  const { db, drop } = await createTestDatabase();
  const assets = await loadAssets(db);
  const nothing = { description: "", slug: undefined, parentId: null, status: "active" } as const;
  return {
    db,
    assets,
    add: (fields) => addTestProduct({ db, assets }, fields),
    addCategory: (name, fields) =>
      inTransaction(db, (tx) => addCategory(tx, { name, ...nothing, ...fields })),
    close: drop,
  };
}
