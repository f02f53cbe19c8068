// Puts an event that does not fit its payment into the queue for people. The payment stays as it is.
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { takeStamps } from "../../ledger/index.ts";
import { tell } from "../payment-rows.ts";
import { type PaymentKeeper, submitChange } from "../submit-change.ts";
import type { HeldEvent } from "./held-event.ts";
import { saveHeldEvent } from "./held-event-store.ts";

export type NewHeldEvent = Pick<HeldEvent, "paymentId" | "provider" | "eventId" | "type" | "why" | "answer">;

/** The same event again is held once. @throws AppError `not_found/payment_not_found`, `unavailable/...` */
export async function holdEvent(keeper: PaymentKeeper, event: NewHeldEvent): Promise<void> {
  const { paymentId, eventId, type, why } = event;
  const held = await submitChange(keeper, { paymentId, actor: SYSTEM_ACTOR }, () => ({
    event: "payment.hold_event",
    change: (desk, payment) => {
      const id = takeStamps(desk.book, 1);
      const waiting = { resolution: null, resolvedAt: null, resolvedBy: null, note: null };
      saveHeldEvent(desk, { ...event, id, ...waiting });
      tell(desk, "payment.event_held", { payment_id: String(paymentId), event_id: eventId, type, why });
      return payment;
    },
  }));
  if ("refused" in held) throw held.refused;
}
