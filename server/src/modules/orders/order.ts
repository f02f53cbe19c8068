// An order as the commands see it: its row with its lines, locked while they decide. Money amounts are minor units.
import type { Owner } from "../ledger/index.ts";
import type { Fulfilment, OrderState, Review, ShippingStop } from "./changing/states.ts";

/** Most lines of one order: 400 beyond. */
export const LINES_MAX = 1_000;
export const QUANTITY_MAX = 1_000_000;

export const PAYMENT_METHODS = ["credit_card", "balance", "invoice", "bank_transfer", "cash"] as const;
/** `credit_card`: by the configured card provider. `invoice`, `bank_transfer`, `cash`: staff marks them paid. */
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export interface OrderLine {
  /** From 1. */
  readonly lineNo: number;
  /** Null: a service line. */
  readonly productId: number | null;
  readonly sku: string | null;
  readonly name: string;
  readonly quantity: number;
  readonly unitPrice: bigint;
  readonly includesTax: boolean;
  /** Millionths. */
  readonly taxRate: number;
  /** What the order's coupon takes off quantity × unit price; contains tax where the price does. */
  readonly discount: bigint;
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  readonly shipped: number;
  readonly returned: number;
  /** Not to be shipped any more. */
  readonly cancelled: number;
  /** Of what is open: units that were held for it and are gone, so that less is held than is open. */
  readonly short: number;
  /** Its money was given back while it was still here: what is open of it is not held, and shipped only if staff says so. */
  readonly stopped: boolean;
  /** Gross amount that credit notes have given back. */
  readonly credited: bigint;
  /** Whether stock was kept of the product when it was ordered: then what is open of it is held. */
  readonly tracksStock: boolean;
  /** Active stock holds, and the account of each. */
  readonly holdIds: readonly number[];
  readonly stockAccountIds: readonly number[];
}

/** Whose stock and money are, in the ledger. */
export function ownerOf({ id }: Pick<Order, "id">): Owner {
  return { type: "order", id };
}

export interface Order {
  /** Stamp of the placing. */
  readonly id: number;
  /** Null: an operator's order for nobody. */
  readonly customerId: string | null;
  readonly placedBy: string;
  readonly state: OrderState;
  readonly placedState: OrderState;
  readonly fulfilment: Fulfilment;
  readonly review: Review;
  readonly shippingStop: ShippingStop;
  readonly paymentMethod: PaymentMethod;
  readonly paymentId: number | null;
  readonly currency: string;
  readonly couponCode: string | null;
  /** Sum of the lines'. */
  readonly discount: bigint;
  /** What is left after the discount, as are tax and total. */
  readonly net: bigint;
  readonly tax: bigint;
  readonly total: bigint;
  /** Sum of its credit notes. */
  readonly credited: bigint;
  /** What its credit notes gave back for units that were cancelled, whatever became of their refunds. */
  readonly cancelled: bigint;
  /** What of it was credited before it was paid: it lowers what is due. */
  readonly waived: bigint;
  /** The tax contained in `waived`. */
  readonly waivedTax: bigint;
  /**
   * What its payment gave back without a credit note: before it was sold, or of what was paid too much. It counts as not paid.
   * Of the latest payment.
   */
  readonly repaid: bigint;
  /** Stamp; set only while PENDING. */
  readonly expiresAt: number | null;
  /** Set while a cancellation waits until the payment is final. */
  readonly cancelReason: string | null;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  readonly entryCount: number;
  readonly version: number;
  readonly lines: readonly OrderLine[];
}

/** A row of the timeline. */
export interface OrderEntry {
  readonly orderId: number;
  readonly seq: number;
  /** Stamp. */
  readonly at: number;
  readonly event: string;
  readonly actorId: string;
  readonly from: OrderState;
  readonly to: OrderState;
  readonly note: string | null;
}

/** Units of a line that are still to be shipped. */
export function openOf({
  quantity,
  shipped,
  cancelled,
}: Pick<OrderLine, "quantity" | "shipped" | "cancelled">): number {
  return quantity - shipped - cancelled;
}

/** Where fulfilment stands, by the lines. Delivery is of shipments, and so told by whoever delivers. */
export function fulfilmentOf(lines: readonly OrderLine[]): Exclude<Fulfilment, "delivered"> {
  const shipped = lines.reduce((sum, line) => sum + line.shipped, 0);
  if (shipped === 0) return "unfulfilled";
  if (lines.every((line) => line.returned === line.quantity - line.cancelled)) return "returned";
  return lines.every((line) => openOf(line) === 0) ? "shipped" : "partly";
}

/** Stock holds of the order, all that a command may end. */
export function holdsOf(order: Pick<Order, "lines">): { holdIds: number[]; accountIds: number[] } {
  return {
    holdIds: order.lines.flatMap((line) => line.holdIds),
    accountIds: order.lines.flatMap((line) => line.stockAccountIds),
  };
}

/** The lines once what was held of them is free. */
export function withoutHolds({ lines }: Pick<Order, "lines">): OrderLine[] {
  return lines.map((line) => ({ ...line, holdIds: [], stockAccountIds: [], short: 0 }));
}
