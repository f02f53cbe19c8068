// Every command on one payment, whoever gives it: reads ahead what it and its listener will lock, changes the payment at the
// desk, and tells the listener in the same commit.

import type { Sql } from "../../runtime/database.ts";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import type { Origin } from "../../values/origin.ts";
import {
  type BookCommand,
  type CommandDesk,
  type CommandOutcome,
  type Decision,
  type Desk,
  type RowNeed,
  rereadFirst,
  submitRereading,
} from "../desk/index.ts";
import { type Assets, ensureAssets } from "../ledger/index.ts";
import { allOrError, scopeOf } from "./book-money.ts";
import { describePayment } from "./describe-payment.ts";
import { getPayment } from "./find-payments.ts";
import { findReturned } from "./find-returned.ts";
import { isInFlight, type Payment } from "./payment.ts";
import type { ListenerNeeds, PaymentListener } from "./payment-listener.ts";
import { ATTEMPTS, DISPUTES, PAYMENTS } from "./payment-rows.ts";

export interface PaymentKeeper {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  /** The listener that is told in the same commit; undefined: none yet. */
  readonly listener: () => PaymentListener | undefined;
}

export interface PaymentCommand {
  readonly paymentId: number;
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}

export interface Change {
  /** Its name on the audit trail. */
  readonly event: string;
  /** The name that the listener gets as the changer, where it is not the command's actor. */
  readonly actorId?: string;
  /** Books, saves rows (including the payment where it changed), and returns the payment. Refuses by throwing or returning. */
  readonly change: (desk: Desk, payment: Payment) => Payment | AppError;
  /** The rows it reads and the accounts it locks besides the payment's own. */
  readonly needs?: readonly RowNeed[];
  readonly accountIds?: readonly number[];
  /** What the audit trail records about it. */
  readonly details?: Decision["details"];
  /** Fields that the answer has besides the payment's. */
  readonly describe?: (desk: Desk, payment: Payment) => object;
}

/**
 * Submits what `read` makes of the current payment: a client's amount is read in the payment's currency before
 * anything is decided. Refuses what the change refuses.
 * @throws AppError `not_found/payment_not_found`, and what `read` throws
 */
export function submitChange(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  read: (payment: Payment) => Change,
): Promise<CommandOutcome> {
  let isAgain = false;
  return submitRereading(keeper.desk, async () => {
    const payment = await getPayment(keeper.db, command.paymentId);
    await ensureAssets(keeper.assets, [payment]);
    const change = read(payment);
    const heard = await keeper.listener()?.prepare(payment, { isAgain });
    isAgain = true;
    const { actor, key, origin } = command;
    return {
      event: change.event,
      actor,
      key,
      origin,
      ...lockedBy(keeper.assets, payment, { heard, change }),
      decide: (desk) => decide(desk, keeper, { ...change, command }),
    };
  });
}

/** What a command on one payment locks and reads, including what its listener needs. */
function lockedBy(
  assets: Assets,
  payment: Payment,
  { heard, change }: { heard: ListenerNeeds | undefined; change: Change },
): Pick<BookCommand, "scope" | "needs"> {
  const own = scopeOf(assets, [payment]);
  const { accountIds = [], needs = [] } = change;
  const ids = [payment.id];
  return {
    scope: {
      accountIds: [...own.accountIds, ...accountIds, ...(heard?.scope.accountIds ?? [])],
      holdIds: [...(own.holdIds ?? []), ...(heard?.scope.holdIds ?? [])],
      stampCount: own.stampCount + (heard?.scope.stampCount ?? 0),
    },
    needs: [
      { reader: PAYMENTS, ids },
      { reader: ATTEMPTS, ids },
      { reader: DISPUTES, ids },
      ...needs,
      ...(heard?.needs ?? []),
    ],
  };
}

/** Changes the payment and tells the listener and the outbox, all or nothing. */
function decide(
  desk: Desk,
  keeper: PaymentKeeper,
  { command, actorId = command.actor.id, change, describe, details }: Change & { command: PaymentCommand },
): Decision | AppError {
  const before = desk.rows.of(PAYMENTS).get(command.paymentId);
  if (before === undefined) return rereadFirst();
  const known = returningOf(desk, before);
  const after = allOrError(desk, () => {
    const changed = change(desk, before);
    if (changed instanceof Error || !isNews(before, changed)) return changed;
    const returned = findReturned(known, returningOf(desk, before));
    const refused = keeper.listener()?.onChange(desk, { before, after: changed, returned, actorId });
    return refused ?? desk.rows.of(PAYMENTS).get(before.id) ?? changed; // the listener may have changed the payment too
  });
  if (after instanceof AppError) return after;
  const fields = describe === undefined ? {} : describe(desk, before);
  return {
    answer: JSON.stringify({ ...describePayment(desk.assets, after), ...fields }),
    counted: [],
    resource: { type: "payment", id: String(after.id) },
    ...(details === undefined ? {} : { details }),
  };
}

/** The payment as the command has left it so far. */
function returningOf({ rows }: Desk, { id }: Payment) {
  return { attempts: rows.of(ATTEMPTS).get(id) ?? [], disputes: rows.of(DISPUTES).get(id) ?? [] };
}

/** An attempt may end without an event, as a void does of what was declined meanwhile: that nothing is under way any more is news. */
function isNews(before: Payment, after: Payment): boolean {
  const isRefunding = after.refundingMinor !== before.refundingMinor;
  return after.eventCount > before.eventCount || isRefunding || isInFlight(after) !== isInFlight(before);
}
