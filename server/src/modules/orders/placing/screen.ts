// The port for the fraud check of new orders, implemented by the module with the rules and cases. It is prepared before the
// order queues at the desk, and judges within the batch, once prices are known and before anything is booked: there it
// must not wait for anything or call anybody.
import type { Actor } from "../../../values/actor.ts";
import type { Desk, RowNeed } from "../../desk/index.ts";

/** An order about to be placed. */
export interface ScreenedOrder {
  readonly actor: Actor;
  readonly customerId: string | null;
  readonly currency: string;
  readonly shippingAddress: Address | null;
  readonly billingAddress: Address | null;
  /** IP address of the request; undefined for the program's own requests. */
  readonly ip: string | undefined;
}

export type Address = Readonly<Record<string, string>>;

/** `review`: placed, but it stays PENDING with stock and money held, until staff decide or it expires. */
export type ScreenVerdict = "accept" | "review" | "refuse";

export interface ScreenJudgement {
  readonly verdict: ScreenVerdict;
  readonly score: number;
  /** The reasons in words, for staff. */
  readonly reasons: readonly string[];
  /** Leaves the findings with the placed order; never called for a refused one. */
  readonly keep: (orderId: number) => void;
}

export interface PreparedScreen {
  /** Rows that the decision needs, read with the batch. */
  readonly needs: readonly RowNeed[];
  /** Pure: leaves nothing at the desk. `total` in minor units. */
  readonly judge: (desk: Desk, total: bigint) => ScreenJudgement;
}

export interface Screen {
  /** Reads what must be known in advance; undefined: this order is not screened. */
  readonly prepare: (order: ScreenedOrder) => Promise<PreparedScreen | undefined>;
}
