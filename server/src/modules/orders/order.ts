// An order as the commands see it: its row with its lines, locked while they decide. Money amounts are minor units.
import type { Owner } from "../ledger/index.ts";
import type { Fulfilment, OrderState, Review, ShippingStop } from "./changing/states.ts";

/** Most lines of one order; more are answered 400. */
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
  /** What the order's coupon takes off quantity × unit price; includes tax where the price does. */
  readonly discount: bigint;
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  readonly shipped: number;
  readonly returned: number;
  /** Units that will not be shipped any more. */
  readonly cancelled: number;
  /** Part of the open units: their held stock is gone, so that fewer units are held than are open. */
  readonly short: number;
  /** Its money was given back before it was shipped: its open units are not held, and are only shipped if staff say so. */
  readonly stopped: boolean;
  /** Gross amount that credit notes have given back. */
  readonly credited: bigint;
  /** Whether stock was kept of the product when it was ordered: then its open units are held. */
  readonly tracksStock: boolean;
  /** Active stock holds, and the account of each. */
  readonly holdIds: readonly number[];
  readonly stockAccountIds: readonly number[];
}

/** The owner of its stock holds and money in the ledger. */
export function ownerOf({ id }: Pick<Order, "id">): Owner {
  return { type: "order", id };
}

export interface Order {
  /** Stamp: when it was placed. */
  readonly id: number;
  /** Null: entered by an operator for no customer. */
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
  /** Sum over the lines. */
  readonly discount: bigint;
  /** The rest after the discount; tax and total are after it as well. */
  readonly net: bigint;
  readonly tax: bigint;
  readonly total: bigint;
  /** Sum of its credit notes. */
  readonly credited: bigint;
  /** What its credit notes gave back for cancelled units, whatever happened to their refunds. */
  readonly cancelled: bigint;
  /** The part that was credited before it was paid: it lowers what is due. */
  readonly waived: bigint;
  /** The tax contained in `waived`. */
  readonly waivedTax: bigint;
  /**
   * What its payment gave back without a credit note: before it was sold, or as overpayment. It counts as not paid.
   * For the latest payment.
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

/** Units of a line that must still be shipped. */
export function openOf({
  quantity,
  shipped,
  cancelled,
}: Pick<OrderLine, "quantity" | "shipped" | "cancelled">): number {
  return quantity - shipped - cancelled;
}

/** The fulfilment according to the lines. Delivery depends on shipments, so the caller adds it. */
export function fulfilmentOf(lines: readonly OrderLine[]): Exclude<Fulfilment, "delivered"> {
  const shipped = lines.reduce((sum, line) => sum + line.shipped, 0);
  if (shipped === 0) return "unfulfilled";
  if (lines.every((line) => line.returned === line.quantity - line.cancelled)) return "returned";
  return lines.every((line) => openOf(line) === 0) ? "shipped" : "partly";
}

/** The order's stock holds: all that a command may end. */
export function holdsOf(order: Pick<Order, "lines">): { holdIds: number[]; accountIds: number[] } {
  return {
    holdIds: order.lines.flatMap((line) => line.holdIds),
    accountIds: order.lines.flatMap((line) => line.stockAccountIds),
  };
}

/** The lines after their holds are freed. */
export function withoutHolds({ lines }: Pick<Order, "lines">): OrderLine[] {
  return lines.map((line) => ({ ...line, holdIds: [], stockAccountIds: [], short: 0 }));
}
