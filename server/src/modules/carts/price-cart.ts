// What a cart costs, at current terms and at those that the buyer accepted: price, tax and coupon. Both are computed with the
// functions that price an order, so an order charges what its cart showed, or is refused. Pure.
import type { AppError } from "../../values/app-error.ts";
import type { ProductForSale } from "../catalog/index.ts";
import {
  addTotals,
  amountWriter,
  type LineTotals,
  listPriceOf,
  type OrderServices,
  priceDiscounted,
  type SaleTerms,
  termsOfSale,
} from "../orders/index.ts";
import type { OrderWorth } from "../promotions/index.ts";
import type { Cart, CartLine, FullCart } from "./cart.ts";

/** The inputs of a price besides products and coupons. */
export type PriceServices = Pick<OrderServices, "assets" | "taxRates">;

/** The prices that a cart is shown with. */
export interface CartView {
  readonly products: ReadonlyMap<number, ProductForSale>;
  /** What the coupon takes off, or why it would be refused; undefined without a coupon, and for a closed cart. */
  readonly discount: bigint | AppError | undefined;
}

export interface PricedLine extends CartLine {
  readonly product: ProductForSale | undefined;
  /** What an order would charge for it now; undefined: it cannot be ordered. */
  readonly now: (SaleTerms & LineTotals & { readonly discount: bigint }) | undefined;
  /** It differs from what the buyer accepted. */
  readonly isChanged: boolean;
}

export interface CartPrices {
  readonly lines: readonly PricedLine[];
  /** At list prices, for the lines that can be ordered. */
  readonly subtotal: bigint;
  readonly discount: bigint;
  readonly now: LineTotals;
  /** What it would cost at the terms that the buyer accepted, for the lines that were for sale then. */
  readonly accepted: LineTotals;
  /** The cart is open and costs something else than the buyer accepted. */
  readonly isChanged: boolean;
}

/** Undefined where the product cannot be ordered from this cart. */
export function termsInCart(
  { taxRates }: PriceServices,
  { currency }: Pick<Cart, "currency">,
  product: ProductForSale | undefined,
): SaleTerms | undefined {
  const isSold = product?.status === "active" && product.currency === currency;
  return isSold ? termsOfSale(product, taxRates) : undefined;
}

/** The orderable lines at current list prices: the basis for the coupon. */
export function worthOf(services: PriceServices, cart: FullCart, products: CartView["products"]): OrderWorth {
  const subtotalMinor = cart.lines.reduce((sum, { productId, quantity }) => {
    const terms = termsInCart(services, cart, products.get(productId));
    return terms === undefined ? sum : sum + listPriceOf({ ...terms, quantity });
  }, 0n);
  const { currency } = cart;
  return { currency, subtotalMinor, write: amountWriter(services.assets, currency) };
}

export function priceCart(services: PriceServices, cart: FullCart, view: CartView): CartPrices {
  const sold = cart.lines.flatMap((line) => {
    const terms = termsInCart(services, cart, view.products.get(line.productId));
    return terms === undefined ? [] : [{ ...line, ...terms }];
  });
  const discount = cart.state === "open" ? discountNow(view) : atMost(cart.discountMinor, sold);
  const now = priceDiscounted(sold, discount);
  const byProduct = new Map(now.map((line) => [line.productId, line]));
  const lines = cart.lines.map((line) => {
    const priced = byProduct.get(line.productId);
    const isChanged = priced === undefined ? line.wasForSale : !line.wasForSale || costsOther(line, priced);
    return { ...line, product: view.products.get(line.productId), now: priced, isChanged };
  });
  const accepted = priceAccepted(cart.lines, cart.discountMinor);
  const sums = { now: addTotals(now), accepted: addTotals(accepted) };
  const isOther = lines.some((line) => line.isChanged) || sums.now.gross !== sums.accepted.gross;
  const subtotal = sold.reduce((sum, line) => sum + listPriceOf(line), 0n);
  return { lines, subtotal, discount, ...sums, isChanged: cart.state === "open" && isOther };
}

/** The terms that the buyer accepts by being shown this. */
export function discountNow({ discount }: Pick<CartView, "discount">): bigint {
  return typeof discount === "bigint" ? discount : 0n;
}

/** What a cart costs when it is ordered as accepted. */
export function priceAccepted(lines: readonly CartLine[], discountMinor: bigint): readonly LineTotals[] {
  const counted = lines.filter(({ wasForSale }) => wasForSale);
  const accepted = counted.map(({ quantity, accepted: terms }) => ({ quantity, ...terms }));
  return priceDiscounted(accepted, atMost(discountMinor, accepted));
}

function atMost(discount: bigint, lines: readonly Parameters<typeof listPriceOf>[0][]): bigint {
  const worth = lines.reduce((sum, line) => sum + listPriceOf(line), 0n);
  return discount < worth ? discount : worth;
}

/** Compares the price, and also the tax where it is added on top. */
function costsOther({ quantity, accepted }: CartLine, now: SaleTerms): boolean {
  const [before, after] = priceDiscounted(
    [accepted, now].map((terms) => ({ quantity, ...terms })),
    0n,
  );
  return accepted.unitPrice !== now.unitPrice || before?.gross !== after?.gross;
}
