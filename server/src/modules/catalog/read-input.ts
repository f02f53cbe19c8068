// Turns what a client sent into the input of the catalog's commands. The schemas have checked its form before; this file
// checks what a schema cannot know.

import { invalidField } from "../../values/app-error.ts";
import { checkMetadata } from "../../values/metadata.ts";
import { describeAmountProblem, parseAmount } from "../../values/money.ts";
import { readCode, readName } from "../../values/names.ts";
import { readAll, readEach, readLines } from "../../values/read-input.ts";
import type { Assets } from "../ledger/index.ts";
import { ledgerError } from "../ledger/index.ts";
import type { CategoryFields } from "./categories/category.ts";
import type { NewCategory } from "./categories/change-category.ts";
import type { NewProduct } from "./products/add-products.ts";
import type { Metadata, ProductFields } from "./products/product.ts";
import {
  type CategoryChange,
  type CategoryInput,
  type ProductChange,
  type ProductInput,
  SKU_LENGTH_MAX,
} from "./schemas.ts";

/** The defaults of a product's fields that were not sent. */
export interface ProductDefaults {
  readonly currency: string;
  readonly priceIncludesTax: boolean;
}

/** A product's fields as they are to become; absent fields stay as they are. */
export type ProductPatch = Partial<ProductFields>;

/** @throws AppError `invalid/…` naming the field, prefixed with `path` */
export function readNewProduct(
  assets: Assets,
  input: ProductInput,
  { defaults, path = "" }: { defaults: ProductDefaults; path?: string },
): NewProduct {
  const { initial_quantity: initialQuantity = 0, backorder_limit: backorderLimit = 0 } = input;
  const { currency = defaults.currency } = input;
  const { fields, ...read } = readAll({
    fields: () => readFields(input, path),
    sku: () => readSku(input.sku, path),
    name: () => readName(input.name, `${path}name`),
    priceMinor: () => readPrice(assets, { price: input.price, currency }, path),
    tracksStock: () => {
      if (input.tracks_stock !== false) return true;
      if (initialQuantity + backorderLimit > 0)
        throw invalidField(`${path}tracks_stock`, "must be true where a quantity is given");
      return false;
    },
  });
  return {
    description: "",
    priceIncludesTax: defaults.priceIncludesTax,
    taxClass: "standard",
    categoryId: null,
    brand: null,
    status: "active",
    metadata: {},
    ...fields,
    ...read,
    currency,
    initialQuantity,
    backorderLimit,
    lowStockThreshold: input.low_stock_threshold,
  };
}

/**
 * Reads a price at the decimals of its currency (the product's own where none is sent) and sets both.
 * @throws AppError `invalid/…` naming the field
 */
export function readProductPatch(
  assets: Assets,
  input: ProductChange,
  { currency: known }: Pick<ProductFields, "currency">,
): ProductPatch {
  const { price, currency = known } = input;
  const { fields, priceMinor } = readAll({
    fields: () => readFields(input, ""),
    priceMinor: () => {
      if (price !== undefined) return readPrice(assets, { price, currency });
      if (input.currency === undefined) return undefined;
      throw invalidField("price", "is required with currency: the two are changed together");
    },
  });
  return priceMinor === undefined ? fields : { ...fields, currency, priceMinor };
}

/** @throws AppError `invalid/…` naming the field */
function readPrice(
  assets: Assets,
  { price, currency }: { readonly price: string | number; readonly currency: string },
  path = "",
): bigint {
  const asset = assets.byCode(currency);
  if (asset === undefined || asset.kind !== "money")
    throw ledgerError("unknown_asset", {
      fields: [
        { field: `${path}currency`, reason: `"${currency}" is no currency; GET /assets lists what is` },
      ],
    });
  const amount = parseAmount(price, asset.scale);
  if (typeof amount !== "bigint")
    throw invalidField(`${path}price`, describeAmountProblem(amount, asset.scale));
  return amount;
}

/** As `readNewProduct`; refuses two products with the same SKU. @throws AppError `invalid/…` naming the field */
export function readNewProducts(
  assets: Assets,
  inputs: readonly ProductInput[],
  defaults: ProductDefaults,
): NewProduct[] {
  const indexes = new Map<string, number>();
  return readEach(inputs, (input, index) => {
    const path = `products[${index}].`;
    const product = readNewProduct(assets, input, { defaults, path });
    const earlier = indexes.get(product.sku);
    if (earlier !== undefined) throw invalidField(`${path}sku`, `is that of products[${earlier}] too`);
    indexes.set(product.sku, index);
    return product;
  });
}

/** @throws AppError `invalid/invalid_request` naming the field */
export function readCategory(input: CategoryInput): NewCategory {
  const { slug, parent_id: parentId = null, status = "active" } = input;
  const read = readAll({
    name: () => readName(input.name, "name"),
    description: () => readLines(input.description ?? "", "description"),
  });
  return { ...read, slug, parentId, status };
}

/** Only the fields that were sent. @throws AppError `invalid/invalid_request` naming the field */
export function readCategoryPatch(input: CategoryChange): Partial<CategoryFields> {
  const { slug, parent_id: parentId, status } = input;
  const read = readAll({
    name: () => readName(input.name, "name"),
    description: () => readLines(input.description, "description"),
  });
  return withoutUndefined({ ...read, slug, parentId, status });
}

/** Only the fields that were sent. */
function readFields(input: Partial<ProductInput> | ProductChange, path: string): ProductPatch {
  const read = readAll({
    sku: () => (input.sku === undefined ? undefined : readSku(input.sku, path)),
    name: () => readName(input.name, `${path}name`),
    description: () => readLines(input.description, `${path}description`),
    brand: () => (input.brand === null ? null : readName(input.brand, `${path}brand`)),
    metadata: () => readMetadata(input.metadata, path),
  });
  return withoutUndefined({
    ...read,
    currency: input.currency,
    priceIncludesTax: input.price_includes_tax,
    taxClass: input.tax_class,
    categoryId: input.category_id,
    status: input.status,
    tracksStock: input.tracks_stock,
  });
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function readSku(sku: string, path: string): string {
  const code = readCode(sku, `${path}sku`);
  if (code.length <= SKU_LENGTH_MAX) return code;
  throw invalidField(`${path}sku`, `must have at most ${SKU_LENGTH_MAX} characters in its plain form`);
}

function readMetadata(metadata: Metadata | undefined, path: string): Metadata | undefined {
  checkMetadata(metadata ?? {}, `${path}metadata`);
  readEach(Object.entries(metadata ?? {}), ([name, value]) =>
    typeof value === "string" ? readLines(value, `${path}metadata.${name}`) : value,
  );
  return metadata;
}
