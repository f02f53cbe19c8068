// The second half of every call to a provider: what it answered, or told by webhook, becomes the state of the payment in
// one commit with the money it moves and with whatever the payment was for (the listener's rows).
import type { Sql } from "../../../runtime/database.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type CommandDesk,
  type Decision,
  type Desk,
  rereadFirst,
  submitRereading,
} from "../../desk/index.ts";
import { type Assets, ensureAsset } from "../../ledger/index.ts";
import { stepOf } from "../attempts/attempt-states.ts";
import { attemptsOf, PROVIDER_ACTOR } from "../attempts/settle-attempt.ts";
import { allOrError, scopeOf } from "../book-money.ts";
import { describePayment } from "../describe-payment.ts";
import { getPayment } from "../find-payments.ts";
import { isInFlight, type Payment } from "../payment.ts";
import type { ListenerNeeds, PaymentListener } from "../payment-listener.ts";
import { ATTEMPTS, DISPUTES, PAYMENTS, saveAttempt, savePayment } from "../payment-rows.ts";
import type { ProviderAnswer } from "../providers/card-provider.ts";
import { giveBack } from "../return-payment.ts";
import { applyReport } from "./apply-report.ts";

export interface PaymentKeeper {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  /** Who is told in the same commit; undefined: nobody yet. */
  readonly listener: () => PaymentListener | undefined;
}

/** What a provider said, to a call (`attemptId`) or by itself. */
export interface Outcome {
  readonly paymentId: number;
  readonly answer: ProviderAnswer;
  /** The attempt that was called about: where it is not ended by the reports, the provider works on it. */
  readonly attemptId?: number | undefined;
  /** When to ask about that attempt again. */
  readonly askAgainAt?: Date | undefined;
}

/**
 * Records an outcome. The same outcome again changes nothing.
 * @throws AppError `not_found/payment_not_found`, `unavailable/...`: try again later
 */
export async function recordOutcome(keeper: PaymentKeeper, outcome: Outcome): Promise<void> {
  const result = await submitRereading(keeper.desk, async () => {
    const payment = await getPayment(keeper.db, outcome.paymentId);
    await ensureAsset(keeper.assets, payment.assetId);
    const heard = await keeper.listener()?.prepare(payment);
    return buildOutcomeCommand(keeper, { payment, heard, outcome });
  });
  if ("refused" in result) throw result.refused;
}

function buildOutcomeCommand(
  keeper: PaymentKeeper,
  { payment, heard, outcome }: { payment: Payment; heard: ListenerNeeds | undefined; outcome: Outcome },
): BookCommand {
  return {
    event: "payment.record_outcome",
    actor: SYSTEM_ACTOR,
    ...commandScope(keeper.assets, payment, heard),
    decide: (desk) => {
      const before = desk.rows.of(PAYMENTS).get(payment.id);
      if (before === undefined) return rereadFirst();
      return changeAndTell(desk, keeper, {
        before,
        actorId: PROVIDER_ACTOR,
        change: () => applyOutcome(desk, before, outcome),
      });
    },
  };
}

/** What a command on one payment locks and reads, with what its listener needs. */
export function commandScope(
  assets: Assets,
  payment: Payment,
  heard: ListenerNeeds | undefined,
): Pick<BookCommand, "scope" | "needs"> {
  const own = scopeOf(assets, [payment]);
  const ids = [payment.id];
  return {
    scope: {
      accountIds: [...own.accountIds, ...(heard?.scope.accountIds ?? [])],
      holdIds: [...(own.holdIds ?? []), ...(heard?.scope.holdIds ?? [])],
      stampCount: own.stampCount + (heard?.scope.stampCount ?? 0),
    },
    needs: [
      { reader: PAYMENTS, ids },
      { reader: ATTEMPTS, ids },
      { reader: DISPUTES, ids },
      ...(heard?.needs ?? []),
    ],
  };
}

interface Change {
  readonly before: Payment;
  readonly actorId: string;
  /** Books, leaves rows (the payment too where it changed), and returns the payment. */
  readonly change: () => Payment | AppError;
}

/** Changes a payment and tells the listener and the outbox, all or nothing. */
export function changeAndTell(
  desk: Desk,
  keeper: Pick<PaymentKeeper, "listener">,
  { before, actorId, change }: Change,
): Decision | AppError {
  const after = allOrError(desk, () => {
    const changed = change();
    if (changed instanceof Error || !isNews(before, changed)) return changed;
    const refused = keeper.listener()?.onChange(desk, { before, after: changed, actorId });
    return refused ?? desk.rows.of(PAYMENTS).get(before.id) ?? changed; // the listener may have acted on it again
  });
  if (after instanceof Error) return after;
  return {
    answer: JSON.stringify(describePayment(desk.assets, after)),
    counted: [],
    resource: { type: "payment", id: String(after.id) },
  };
}

/** An attempt may end without an event, as a void does of what was declined meanwhile: that nothing is under way any more is news. */
function isNews(before: Payment, after: Payment): boolean {
  return after.eventCount > before.eventCount || isInFlight(after) !== isInFlight(before);
}

function applyOutcome(
  desk: Desk,
  before: Payment,
  { answer, attemptId, askAgainAt }: Outcome,
): Payment | AppError {
  let payment: Payment = { ...before, providerReference: answer.reference ?? before.providerReference };
  for (const report of answer.reports) {
    const applied = applyReport(desk, payment, report);
    if (applied instanceof Error) return applied;
    payment = applied;
  }
  noteAnswered(desk, payment, { attemptId, askAgainAt });
  if (payment.cancelRequested) {
    const given = giveBack(desk, payment, { actorId: PROVIDER_ACTOR });
    if (given instanceof Error) return given;
    payment = given;
  }
  const isChanged = payment.eventCount > before.eventCount || hasChangedBeside(before, payment);
  return isChanged ? savePayment(desk, payment) : before;
}

/** What changes without an event: the provider's id, and what is under way. */
function hasChangedBeside(before: Payment, after: Payment): boolean {
  const keys = [
    "providerReference",
    "actionUrl",
    "authorizingMinor",
    "capturingMinor",
    "voidingMinor",
    "refundingMinor",
  ] as const;
  return keys.some((key) => before[key] !== after[key]);
}

function noteAnswered(
  desk: Desk,
  payment: Payment,
  { attemptId, askAgainAt }: Pick<Outcome, "attemptId" | "askAgainAt">,
): void {
  const attempt = attemptsOf(desk, payment).find(({ id }) => id === attemptId);
  const step = attempt === undefined ? undefined : stepOf(attempt, "answered");
  if (attempt === undefined || step === undefined) return;
  saveAttempt(desk, { ...attempt, state: step.to, isAnswered: true, dueAt: askAgainAt ?? attempt.dueAt });
}
