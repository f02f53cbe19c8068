// Reads from a query string which products are looked for, and in which order.

import { type Actor, actsForAll } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import { describeAmountProblem, parseAmount } from "../../../values/money.ts";
import { readCode, readName } from "../../../values/names.ts";
import { readAll, readText } from "../../../values/read-input.ts";
import { type Assets, ledgerError } from "../../ledger/index.ts";
import type { ProductStatus } from "../products/product.ts";
import type { FacetQuery } from "../schemas.ts";

export interface ProductFilter {
  readonly sku: string | undefined;
  /** Includes what is not for sale: drafts, archived products, and products that a draft category hides. */
  readonly withDrafts: boolean;
  readonly status: ProductStatus | undefined;
  /** This category and all below it. */
  readonly categoryId: number | undefined;
  /** Any one of these brands, ignoring case and accents. */
  readonly brands: readonly string[] | undefined;
  readonly currency: string | undefined;
  readonly priceFrom: bigint | undefined;
  readonly priceTo: bigint | undefined;
  readonly inStock: boolean | undefined;
}

/** The words of the search; undefined where none are searched for. */
export interface ProductSearch extends ProductFilter {
  readonly text: string | undefined;
}

interface SearchContext {
  readonly assets: Assets;
  readonly actor: Actor;
  /** The currency of prices that name none. */
  readonly currency: string;
  /** Prices are compared, so one currency must be chosen. */
  readonly needsCurrency: boolean;
}

/** @throws AppError `invalid/…` naming the field */
export function readProductSearch(
  query: FacetQuery,
  { assets, actor, ...context }: SearchContext,
): ProductSearch {
  const withDrafts = actsForAll(actor);
  const hasPrice = query.min_price !== undefined || query.max_price !== undefined;
  const currency = query.currency ?? (hasPrice || context.needsCurrency ? context.currency : undefined);
  const text = query.q?.trim();
  const read = readAll({
    status: () => {
      if (query.status !== undefined && query.status !== "active" && !withDrafts)
        throw invalidField("status", "is for staff: others see what is active");
      return query.status;
    },
    text: () => (text === undefined || text === "" ? undefined : readText(text, "q")),
    sku: () => readCode(query.sku, "sku"),
    brands: () => query.brand?.map((brand) => readName(brand, "brand")),
    priceFrom: () => readLimit(assets, currency, { price: query.min_price, field: "min_price" }),
    priceTo: () => readLimit(assets, currency, { price: query.max_price, field: "max_price" }),
  });
  return { ...read, withDrafts, categoryId: query.category_id, currency, inStock: query.in_stock };
}

function readLimit(
  assets: Assets,
  currency: string | undefined,
  { price, field }: { readonly price: string | undefined; readonly field: string },
): bigint | undefined {
  if (price === undefined || currency === undefined) return undefined;
  const asset = assets.byCode(currency);
  if (asset === undefined || asset.kind !== "money")
    throw ledgerError("unknown_asset", {
      fields: [{ field: "currency", reason: `"${currency}" is no currency; GET /assets lists what is` }],
    });
  const amount = parseAmount(price, asset.scale);
  if (typeof amount !== "bigint") throw invalidField(field, describeAmountProblem(amount, asset.scale));
  return amount;
}

/** Whether it filters by anything but words. */
export function isNarrowed(filter: ProductFilter): boolean {
  const { sku, status, categoryId, brands, currency, inStock } = filter;
  return [sku, status, categoryId, brands, currency, inStock].some((condition) => condition !== undefined);
}
