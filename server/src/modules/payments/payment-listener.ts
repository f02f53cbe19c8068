// The port upwards: the module that owns payments' orders is told of every change in the same commit, so that an order's state
// never disagrees with its payment's. The orders module implements it; the program passes it in.
import type { AppError } from "../../values/app-error.ts";
import type { Desk, RowNeed } from "../desk/index.ts";
import type { BookScope } from "../ledger/index.ts";
import type { ReturnedMoney } from "./find-returned.ts";
import type { Payment } from "./payment.ts";

export interface PaymentChange {
  readonly before: Payment;
  readonly after: Payment;
  /** The money that this change gave back, or that came back. */
  readonly returned: readonly ReturnedMoney[];
  /** Who changed it; `system` where a provider reported it. */
  readonly actorId: string;
}

/** What handling a change needs besides the payment itself. */
export interface ListenerNeeds {
  readonly needs: readonly RowNeed[];
  readonly scope: BookScope;
}

export interface PaymentListener {
  /**
   * Reads ahead what `onChange` will lock: rows, accounts, holds, stamps.
   * `isAgain`: the command is built anew, because `onChange` lacked something or the data read ahead has changed.
   */
  readonly prepare: (payment: Payment, { isAgain }: { isAgain: boolean }) => Promise<ListenerNeeds>;
  /**
   * Called in the decision loop after the payment's own bookings and rows, only for this module's own commands: a module that
   * calls capturePayment and the like inside its own command knows already. May book, leave rows and act on the payment
   * again (of `desk.rows.of(PAYMENTS)`). The payment's change is a fact; the only refusal allowed is `rereadFirst()`, where the
   * data read ahead has changed or is incomplete; then everything is undone and the command is built anew.
   */
  readonly onChange: (desk: Desk, change: PaymentChange) => AppError | undefined;
}
