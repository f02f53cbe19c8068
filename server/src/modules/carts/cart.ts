// A cart: its states, and how its lines may change. Pure.
import type { AppError } from "../../values/app-error.ts";
import { QUANTITY_MAX, type SaleTerms } from "../orders/index.ts";
import { cartError } from "./errors.ts";

export type CartState = "open" | "ordered" | "merged" | "expired";

export interface Cart {
  readonly id: number;
  /** Null: a guest's. */
  readonly userId: string | null;
  /** `expired` as soon as its time is over, even if the job has not closed it yet. */
  readonly state: CartState;
  readonly currency: string;
  /** The coupon that the order will name; whether it is valid is checked when the cart is shown, and again when it is ordered. */
  readonly couponCode: string | null;
  /** What the coupon took off when the buyer was last shown the cart; minor units. */
  readonly discountMinor: bigint;
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly expiresAt: Date;
  readonly orderId: number | null;
  readonly mergedInto: number | null;
}

export interface CartLine {
  readonly productId: number;
  readonly quantity: number;
  /** The price that the buyer last accepted, and its tax. */
  readonly accepted: SaleTerms;
  /** It could be ordered when the buyer last accepted the cart; otherwise they accepted to pay nothing for it. */
  readonly wasForSale: boolean;
}

export interface FullCart extends Cart {
  /** In the order in which they were added. */
  readonly lines: readonly CartLine[];
}

export const CART_LINES_MAX = 500;

/** Returns the changed lines. @throws AppError of kind refused or not_found */
export type LineChange = (lines: readonly CartLine[]) => readonly CartLine[];

/** Adds lines; a product that is already there gets the additional quantity and the new terms. */
export function addLines(added: readonly CartLine[]): LineChange {
  return (lines) => {
    const byProduct = new Map(lines.map((line) => [line.productId, line]));
    for (const line of added) {
      const quantity = (byProduct.get(line.productId)?.quantity ?? 0) + line.quantity;
      byProduct.set(line.productId, { ...line, quantity });
    }
    return checkLines([...byProduct.values()]);
  };
}

/** A quantity that was cut because it was more than a line can hold. */
export interface CappedLine {
  readonly productId: number;
  /** The quantity of both carts together. */
  readonly wanted: number;
  readonly quantity: number;
}

/**
 * All lines of both: quantities of one product add up, up to the most that a line holds; a cut is reported. No line is lost.
 * @throws AppError `refused/cart_full` where there would be too many lines: both carts stay as they are
 */
export function mergeLines(
  own: readonly CartLine[],
  added: readonly CartLine[],
): { lines: readonly CartLine[]; capped: readonly CappedLine[] } {
  const ownQuantities = new Map(own.map((line) => [line.productId, line.quantity]));
  const capped: CappedLine[] = [];
  const fitting = added.map((line) => {
    const before = ownQuantities.get(line.productId) ?? 0;
    const wanted = before + line.quantity;
    if (wanted <= QUANTITY_MAX) return line;
    capped.push({ productId: line.productId, wanted, quantity: QUANTITY_MAX });
    return { ...line, quantity: QUANTITY_MAX - before };
  });
  return { lines: addLines(fitting)(own), capped };
}

/** Sets a line's quantity; the buyer sees today's price and accepts it. */
export function setLine(changed: CartLine): LineChange {
  return (lines) => {
    checkHasLine(lines, changed.productId);
    return checkLines(lines.map((line) => (line.productId === changed.productId ? changed : line)));
  };
}

export function removeLine(productId: number): LineChange {
  return (lines) => {
    checkHasLine(lines, productId);
    return lines.filter((line) => line.productId !== productId);
  };
}

/** Replaces all lines with these. */
export function replaceLines(wanted: readonly CartLine[]): LineChange {
  return () => addLines(wanted)([]);
}

/** Accepts today's terms; a line whose product is not for sale keeps its terms and no longer counts. */
export function acceptTerms(terms: ReadonlyMap<number, SaleTerms>): LineChange {
  return (lines) =>
    lines.map((line) => {
      const now = terms.get(line.productId);
      return { ...line, accepted: now ?? line.accepted, wasForSale: now !== undefined };
    });
}

function checkHasLine(lines: readonly CartLine[], productId: number): void {
  if (!lines.some((line) => line.productId === productId))
    throw cartError("cart_line_not_found", { product_id: productId });
}

function checkLines(lines: readonly CartLine[]): readonly CartLine[] {
  if (lines.length > CART_LINES_MAX) throw cartError("cart_full", { lines_max: CART_LINES_MAX });
  const excess = lines.find((line) => line.quantity > QUANTITY_MAX);
  if (excess !== undefined)
    throw cartError("cart_full", {
      message: `no line holds more than ${QUANTITY_MAX} of a product`,
      product_id: excess.productId,
      quantity_max: QUANTITY_MAX,
    });
  return lines;
}

/** Why an act on the cart is refused where it is not open; undefined where it is. */
export function refuseClosed(cart: Cart): AppError | undefined {
  if (cart.state === "open") return undefined;
  return cartError("cart_closed", {
    state: cart.state,
    ...(cart.orderId === null ? {} : { order_id: String(cart.orderId) }),
    ...(cart.mergedInto === null ? {} : { cart_id: String(cart.mergedInto) }),
  });
}
