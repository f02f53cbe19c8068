// The port upwards: who holds the payments of orders hears of every change in the same commit, so that an order's state
// and its payment's never disagree. The orders module fills it; the program hands it in.
import type { AppError } from "../../values/app-error.ts";
import type { Desk, RowNeed } from "../desk/index.ts";
import type { BookScope } from "../ledger/index.ts";
import type { ReturnedMoney } from "./find-returned.ts";
import type { Payment } from "./payment.ts";

export interface PaymentChange {
  readonly before: Payment;
  readonly after: Payment;
  /** What of its money went back by it, or came back. */
  readonly returned: readonly ReturnedMoney[];
  /** Who changed it; `system` where a provider told. */
  readonly actorId: string;
}

/** What hearing of a change needs beside the payment itself. */
export interface ListenerNeeds {
  readonly needs: readonly RowNeed[];
  readonly scope: BookScope;
}

export interface PaymentListener {
  /**
   * Reads ahead what `onChange` will lock: rows, accounts, holds, stamps.
   * `isAgain`: the command is built anew, because `onChange` lacked something or what was read has changed.
   */
  readonly prepare: (payment: Payment, { isAgain }: { isAgain: boolean }) => Promise<ListenerNeeds>;
  /**
   * Called in the decision loop after the payment's own bookings and rows, for commands of this module alone: who calls
   * capturePayment and the like inside a command of their own knows already. May book, leave rows and act on the payment
   * again (of `desk.rows.of(PAYMENTS)`). What the payment did is a fact: the one thing to return is `rereadFirst()`, where
   * what was read ahead has changed, or is not enough; then everything is taken back and the command is built anew.
   */
  readonly onChange: (desk: Desk, change: PaymentChange) => AppError | undefined;
}
