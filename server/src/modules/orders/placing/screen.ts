// The fraud check's place in an order's placing: a port, filled by whoever keeps rules and cases. It is prepared before the
// order queues at the desk, and judges within the batch, once prices are known and before anything is booked: it must
// neither wait nor call anybody there.
import type { Actor } from "../../../values/actor.ts";
import type { Desk, RowNeed } from "../../desk/index.ts";

/** An order about to be placed. */
export interface ScreenedOrder {
  readonly actor: Actor;
  readonly customerId: string | null;
  readonly currency: string;
  readonly shippingAddress: Address | null;
  readonly billingAddress: Address | null;
  /** IP address of the request; undefined for the program's own. */
  readonly ip: string | undefined;
}

export type Address = Readonly<Record<string, string>>;

/** `review`: placed, but it stays PENDING, stock and money held, until staff decides or it expires. */
export type ScreenVerdict = "accept" | "review" | "refuse";

export interface ScreenJudgement {
  readonly verdict: ScreenVerdict;
  readonly score: number;
  /** In words, for staff. */
  readonly reasons: readonly string[];
  /** Leaves what was found with the order that is placed; never called of one that is refused. */
  readonly keep: (orderId: number) => void;
}

export interface PreparedScreen {
  /** Rows that judging needs, read with the batch. */
  readonly needs: readonly RowNeed[];
  /** Pure: leaves nothing at the desk. `total` in minor units. */
  readonly judge: (desk: Desk, total: bigint) => ScreenJudgement;
}

export interface Screen {
  /** Learns what is to be known beforehand; undefined: this order is not screened. */
  readonly prepare: (order: ScreenedOrder) => Promise<PreparedScreen | undefined>;
}
