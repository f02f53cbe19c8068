// The fraud check's place in an order's placing: a port, filled by whoever keeps rules and cases. It is asked within the
// batch, after prices are known and before anything is booked, and must neither wait nor call anybody.
import type { Actor } from "../../values/actor.ts";
import type { Desk, RowNeed } from "../banking/index.ts";
import type { OrderLine, PaymentMethod } from "./order.ts";

/** An order about to be placed. */
export interface ScreenedOrder {
  /** Stamp that the order will have. */
  readonly id: number;
  readonly actor: Actor;
  readonly customerId: string | null;
  readonly paymentMethod: PaymentMethod;
  readonly currency: string;
  readonly total: bigint;
  readonly lines: readonly OrderLine[];
  readonly shippingAddress: Address | null;
  readonly billingAddress: Address | null;
  /** IP address of the request; undefined for the program's own. */
  readonly ip: string | undefined;
}

export type Address = Readonly<Record<string, string>>;

/** `review`: placed, but it stays PENDING, stock and money held, until staff decides or it expires. */
export type ScreenVerdict = "accept" | "review" | "refuse";

export interface Screen {
  /** Rows that judging needs, read with the batch. */
  readonly needs?: (order: Pick<ScreenedOrder, "actor" | "customerId">) => readonly RowNeed[];
  /** May leave rows of its own (a case), but only where it does not refuse. */
  readonly judge: (desk: Desk, order: ScreenedOrder) => ScreenVerdict;
  /** Told in the same commit what staff decided of an order in review. */
  readonly onReviewed?: (desk: Desk, review: { orderId: number; accepted: boolean; actor: Actor }) => void;
}
