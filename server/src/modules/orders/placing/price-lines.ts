// Turns the requested items into an order's lines: name, price and tax as they are now, kept with the order for
// ever. Pure: the products come from the batch.
import { AppError } from "../../../values/app-error.ts";
import type { ProductForSale } from "../../catalog/index.ts";
import { lineError, orderError } from "../errors.ts";
import type { OrderLine } from "../order.ts";
import type { TaxRates } from "./tax-rates.ts";
import { type LinePrice, type LineTotals, priceLine, sumTotals } from "./totals.ts";

/** A requested line; its form has been checked. */
export interface NewLine {
  /** Undefined: a service. */
  readonly productId?: number | undefined;
  /** The name of a service, or a name that replaces the product's. */
  readonly description?: string | undefined;
  readonly quantity: number;
  /** Minor units; undefined: the product's own price. */
  readonly unitPrice?: bigint | undefined;
  /** Default: as for the product's price; for a service, false. */
  readonly includesTax?: boolean | undefined;
  readonly taxClass?: string | undefined;
}

export interface Pricing {
  readonly products: ReadonlyMap<number, ProductForSale>;
  readonly taxRates: TaxRates;
  readonly currency: string;
  /** True for staff, who may also sell drafts. */
  readonly mayBuyDrafts: boolean;
  /** True for returns: products that are no longer sold can still come back. */
  readonly mayBeArchived?: boolean;
}

/** The price of a unit, and its tax. */
export type SaleTerms = Pick<LinePrice, "unitPrice" | "includesTax" | "taxRate">;

/** The terms at which something is sold now; undefined where its tax class has no rate. */
export function termsOfSale(
  {
    priceMinor,
    priceIncludesTax,
    taxClass,
  }: Pick<ProductForSale, "priceMinor" | "priceIncludesTax" | "taxClass">,
  taxRates: TaxRates,
): SaleTerms | undefined {
  const taxRate = taxRates.rateOf(taxClass);
  if (taxRate === undefined) return undefined;
  return { unitPrice: priceMinor, includesTax: priceIncludesTax, taxRate };
}

/**
 * Prices all lines. Refuses `product_unavailable`, `order_currency_mismatch`, `tax_class_unknown`, `order_too_large`, naming
 * the line.
 */
export function priceLines(
  items: readonly NewLine[],
  pricing: Pricing,
): { lines: OrderLine[]; totals: LineTotals } | AppError {
  const lines: OrderLine[] = [];
  for (const [index, item] of items.entries()) {
    const line = priceItem(item, index, pricing);
    if (line instanceof AppError) return line;
    lines.push(line);
  }
  const totals = sumTotals(lines);
  return totals === undefined ? orderError("order_too_large") : { lines, totals };
}

function priceItem(item: NewLine, index: number, pricing: Pricing): OrderLine | AppError {
  const product = findProduct(item, index, pricing);
  if (product instanceof AppError) return product;
  const taxClass = item.taxClass ?? product?.taxClass ?? "standard";
  const terms = termsOfSale(
    {
      priceMinor: item.unitPrice ?? product?.priceMinor ?? 0n,
      priceIncludesTax: item.includesTax ?? product?.priceIncludesTax ?? false,
      taxClass,
    },
    pricing.taxRates,
  );
  if (terms === undefined) {
    const reason = `the tax class "${taxClass}" has no rate; known are ${pricing.taxRates.classes.join(", ")}`;
    return lineError("tax_class_unknown", { index, field: "tax_class", reason });
  }
  const { quantity } = item;
  const totals = priceLine({ quantity, ...terms });
  if (totals === undefined)
    return lineError("order_too_large", { index, field: "quantity", reason: "is worth too much" });
  return {
    lineNo: index + 1,
    productId: product?.id ?? null,
    sku: product?.sku ?? null,
    name: item.description ?? product?.name ?? "",
    quantity,
    ...terms,
    discount: 0n,
    ...totals,
    shipped: 0,
    returned: 0,
    cancelled: 0,
    short: 0,
    stopped: false,
    credited: 0n,
    holdIds: [],
    stockAccountIds: [],
    tracksStock: product?.tracksStock ?? false,
  };
}

function findProduct(
  item: NewLine,
  index: number,
  { products, currency, mayBuyDrafts, mayBeArchived = false }: Pricing,
): ProductForSale | undefined | AppError {
  if (item.productId === undefined) return undefined;
  const refuse = (reason: string) => lineError("product_unavailable", { index, field: "product_id", reason });
  const product = products.get(item.productId);
  if (product === undefined || (product.status === "draft" && !mayBuyDrafts))
    return refuse(`there is no product ${item.productId}`);
  if (product.status === "archived" && !mayBeArchived)
    return refuse(`product ${item.productId} is no longer sold`);
  if (product.currency === currency || item.unitPrice !== undefined) return product;
  const reason = `costs ${product.currency}, and the order is in ${currency}: send currency "${product.currency}"`;
  return lineError("order_currency_mismatch", { index, field: "product_id", reason });
}
