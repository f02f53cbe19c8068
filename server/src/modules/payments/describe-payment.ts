// A payment as its JSON document: for answers, and for the events about its changes.
import { formatAmount } from "../../values/money.ts";
import { formatStamp } from "../../values/time.ts";
import type { Assets } from "../ledger/index.ts";
import type { Attempt } from "./attempts/attempt.ts";
import type { HeldEvent } from "./attention/held-event.ts";
import type { AttentionItem, PaymentWithHistory } from "./find-payments.ts";
import type { Dispute } from "./outcomes/dispute.ts";
import {
  capturableOf,
  isInFlight,
  isPaid,
  type Payment,
  type PaymentEvent,
  refundableOf,
  statusOf,
} from "./payment.ts";
import type {
  AttemptDocument,
  AttentionDocument,
  DetailDocument,
  DisputeDocument,
  EventDocument,
  HeldEventDocument,
  PaymentDocument,
} from "./schemas.ts";

export function describePayment(assets: Assets, payment: Payment): PaymentDocument {
  const format = formatter(assets, payment);
  return {
    id: String(payment.id),
    order_id: payment.orderId === null ? null : String(payment.orderId),
    adds_to: payment.addsTo === null ? null : String(payment.addsTo),
    customer_id: payment.customerId,
    provider: payment.provider,
    status: statusOf(payment),
    currency: payment.currency,
    amount: format(payment.amountMinor),
    tax: format(payment.taxMinor),
    authorized: format(payment.authorizedMinor),
    voided: format(payment.voidedMinor),
    captured: format(payment.capturedMinor),
    refunded: format(payment.refundedMinor),
    charged_back: format(payment.chargedBackMinor),
    at_risk: format(payment.disputedMinor),
    capturable: format(capturableOf(payment)),
    refundable: format(refundableOf(payment)),
    in_flight: isInFlight(payment),
    paid: isPaid(payment),
    cancel_requested: payment.cancelRequested,
    account_id: payment.accountId === null ? null : String(payment.accountId),
    provider_reference: payment.providerReference,
    action_url: payment.actionUrl,
    failure_code: payment.failureCode,
    reference: payment.reference,
    version: payment.version,
    created_at: formatStamp(payment.id),
  };
}

export function describeAttempt(assets: Assets, payment: Payment, attempt: Attempt): AttemptDocument {
  return {
    id: String(attempt.id),
    act: attempt.act,
    state: attempt.state,
    amount: formatter(assets, payment)(attempt.amountMinor),
    provider_reference: attempt.providerReference,
    reason: attempt.reason,
    refund_to_account_id: attempt.accountId === null ? null : String(attempt.accountId),
    failure_code: attempt.failureCode,
    failure_message: attempt.failureMessage,
    asked_count: attempt.askedCount,
    attention_since: attempt.attentionSince === null ? null : attempt.attentionSince.toISOString(),
    created_at: formatStamp(attempt.id),
    settled_at: attempt.settledAt === null ? null : formatStamp(attempt.settledAt),
  };
}

export function describeEvent(assets: Assets, payment: Payment, event: PaymentEvent): EventDocument {
  return {
    seq: event.seq,
    type: event.type,
    amount: formatter(assets, payment)(event.amountMinor),
    attempt_id: event.attemptId === null ? null : String(event.attemptId),
    transaction_id: event.journalId === null ? null : String(event.journalId),
    account_id: event.accountId === null ? null : String(event.accountId),
    actor_id: event.actorId,
    detail: event.detail,
    at: formatStamp(event.at),
  };
}

export function describeDispute(assets: Assets, payment: Payment, dispute: Dispute): DisputeDocument {
  return {
    payment_id: String(dispute.paymentId),
    provider_reference: dispute.reference,
    amount: formatter(assets, payment)(dispute.amountMinor),
    currency: payment.currency,
    state: dispute.state,
    reason: dispute.reason,
    opened_at: formatStamp(dispute.openedAt),
    closed_at: dispute.closedAt === null ? null : formatStamp(dispute.closedAt),
  };
}

export function describeHeldEvent(event: HeldEvent): HeldEventDocument {
  const { id, eventId, provider, type, why, answer, resolution, resolvedAt, resolvedBy, note } = event;
  return {
    id: String(id),
    provider,
    event_id: eventId,
    type,
    why,
    acceptable: answer !== null,
    held_at: formatStamp(id),
    resolution,
    resolved_at: resolvedAt === null ? null : formatStamp(resolvedAt),
    resolved_by: resolvedBy,
    note,
  };
}

/** A payment with its whole history. */
export function describeHistory(
  assets: Assets,
  { payment, attempts, events, disputes, heldEvents }: PaymentWithHistory,
): DetailDocument {
  return {
    ...describePayment(assets, payment),
    attempts: attempts.map((attempt) => describeAttempt(assets, payment, attempt)),
    events: events.map((event) => describeEvent(assets, payment, event)),
    disputes: disputes.map((dispute) => describeDispute(assets, payment, dispute)),
    held_events: heldEvents.map(describeHeldEvent),
  };
}

/** It counts as waiting since it was made: that is when its money was wanted, or reported. */
export function describeAttention(
  assets: Assets,
  { payment, attempt, event }: AttentionItem,
  now: Date,
): AttentionDocument {
  const { id } = attempt ?? event;
  return {
    payment: describePayment(assets, payment),
    attempt: attempt === undefined ? null : describeAttempt(assets, payment, attempt),
    event: event === undefined ? null : describeHeldEvent(event),
    waiting_seconds: Math.max(0, Math.round((now.getTime() - id / 1_000) / 1_000)),
  };
}

function formatter(assets: Assets, { assetId }: Payment): (minor: bigint) => string {
  const { scale } = assets.byId(assetId);
  return (minor) => formatAmount(minor, scale);
}
