// A person decides about an event that does not fit its payment: either it is true and applied, or nothing is done.
import { AppError } from "../../../values/app-error.ts";
import type { CommandOutcome, Desk } from "../../desk/index.ts";
import { paymentsError } from "../errors.ts";
import { applyOutcome } from "../outcomes/record-outcome.ts";
import type { Payment } from "../payment.ts";
import { type PaymentCommand, type PaymentKeeper, submitChange } from "../submit-change.ts";
import type { HeldEvent, HeldResolution } from "./held-event.ts";
import { HELD_EVENTS, saveHeldEvent, selectHeldEvent } from "./held-event-store.ts";

export interface EventDecision {
  /** The id of the held event. */
  readonly id: number;
  readonly resolution: HeldResolution;
  readonly note: string;
}

/**
 * Decides, and returns the payment after it. Refuses `event_not_open`, and on accepting it `event_not_acceptable` where it has
 * another currency, no amount, or more than the payment has.
 */
export async function submitEventDecision(
  keeper: PaymentKeeper,
  command: Omit<PaymentCommand, "paymentId">,
  decision: EventDecision,
): Promise<CommandOutcome> {
  const held = await selectHeldEvent(keeper.db, decision.id);
  if (held === undefined) throw paymentsError("event_not_open");
  return submitChange(keeper, { ...command, paymentId: held.paymentId }, () => ({
    event: decision.resolution === "accepted" ? "payment.accept_event" : "payment.dismiss_event",
    needs: [{ reader: HELD_EVENTS, ids: [decision.id] }],
    change: (desk, payment) => decide(desk, payment, { ...decision, actorId: command.actor.id }),
  }));
}

function decide(
  desk: Desk,
  payment: Payment,
  { id, resolution, note, actorId }: EventDecision & { actorId: string },
): Payment | AppError {
  const held = desk.rows.of(HELD_EVENTS).get(id);
  if (held === undefined || held.resolution !== null) return paymentsError("event_not_open");
  const after = resolution === "accepted" ? accept(desk, payment, { held, actorId }) : payment;
  if (after instanceof AppError) return after;
  saveHeldEvent(desk, { ...held, resolution, note, resolvedAt: desk.book.now, resolvedBy: actorId });
  return after;
}

function accept(
  desk: Desk,
  payment: Payment,
  { held: { answer, why }, actorId }: { held: HeldEvent; actorId: string },
): Payment | AppError {
  if (answer === null)
    return paymentsError("event_not_acceptable", { message: `it cannot be applied: ${why}` });
  try {
    return applyOutcome(desk, payment, { answer, actorId, isAccepted: true });
  } catch (error) {
    if (!(error instanceof AppError && error.code === "payment_in_flight")) throw error;
    return paymentsError("event_not_acceptable", { message: `the payment has less: ${why}` });
  }
}
