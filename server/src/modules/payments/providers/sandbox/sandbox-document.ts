// What the sandbox says about a charge, in an answer or a webhook, and how we read it: the only code that the sandbox
// and our client of it share.
import { invalidField } from "../../../../values/app-error.ts";
import { ownOf } from "../../../../values/own-of.ts";
import type { ProviderAnswer, ProviderNotice, ProviderReport } from "../card-provider.ts";
import type { SandboxCharge, SandboxRefund } from "./sandbox-store.ts";

export interface SandboxDocument {
  readonly reference: string;
  readonly status: SandboxCharge["status"];
  /** The currency of the amounts: of the charge, its refunds and its disputes. */
  readonly currency: string;
  /** Minor units, as decimal text. */
  readonly amount: string;
  readonly authorized: string;
  readonly captured: string;
  readonly failure_code?: string;
  readonly action_url?: string;
  readonly capture_error?: string;
  readonly refund?: {
    readonly reference: string;
    readonly amount: string;
    readonly status: SandboxRefund["status"];
    readonly attempt_id: number;
  };
  readonly dispute?: {
    readonly reference: string;
    readonly amount: string;
    readonly status: "open" | "won" | "lost";
  };
  /** A call that the sandbox refuses, such as a capture of more than is authorized. */
  readonly error?: { readonly act: "capture" | "void" | "refund"; readonly code: string };
}

export interface SandboxWebhook {
  readonly id: string;
  readonly type: string;
  readonly metadata: { readonly payment_id: number };
  readonly data: SandboxDocument;
}

const FAILURES: Readonly<Record<string, string>> = {
  card_declined: "the card was declined",
  insufficient_funds: "the card has insufficient funds",
  unknown_token: "the sandbox has no such token; docs/payments.md lists them",
  authentication_failed: "the customer did not confirm the payment",
};

/** Signed content may still be wrong: invalid amounts are reported as a problem, without reports. */
export function toAnswer(document: SandboxDocument): ProviderAnswer {
  const { reference, currency, amount, refund, dispute } = document;
  const amounts = [
    amount,
    document.authorized,
    document.captured,
    refund?.amount ?? "0",
    dispute?.amount ?? "0",
  ];
  const strange = amounts.find((text) => !/^\d{1,19}$/.test(text));
  const problem =
    strange !== undefined
      ? `${JSON.stringify(strange)} is no amount`
      : typeof currency === "string"
        ? undefined
        : "it names no currency";
  if (problem !== undefined) return { reference, reports: [], problem };
  return { reference, currency, amountMinor: BigInt(amount), reports: toReports(document) };
}

function toReports(document: SandboxDocument): ProviderReport[] {
  const { refund, dispute, capture_error: captureError, error } = document;
  const reports: ProviderReport[] = [...reportStatus(document)];
  if (captureError !== undefined)
    reports.push({ type: "capture_failed", code: captureError, message: "the capture failed" });
  if (error?.act === "capture" || error?.act === "void")
    reports.push({ type: `${error.act}_failed`, code: error.code, message: error.code });
  if (refund !== undefined)
    reports.push({
      type: "refund",
      reference: refund.reference,
      attemptId: refund.attempt_id,
      amountMinor: BigInt(refund.amount),
      state: refund.status,
      code: refund.status === "failed" ? "refund_failed" : undefined,
    });
  if (dispute !== undefined)
    reports.push({
      type: "dispute",
      reference: dispute.reference,
      amountMinor: BigInt(dispute.amount),
      state: dispute.status,
      reason: "fraudulent",
    });
  return reports;
}

function reportStatus(document: SandboxDocument): ProviderReport[] {
  const [authorized, captured] = [BigInt(document.authorized), BigInt(document.captured)];
  const { status, failure_code: code = "failed", action_url: actionUrl } = document;
  const isFinal = status === "captured" || status === "voided";
  const taken: ProviderReport[] = captured > 0n ? [{ type: "captured", totalMinor: captured, isFinal }] : [];
  if (status === "requires_action" && actionUrl !== undefined)
    return [{ type: "action_required", actionUrl }];
  if (status === "failed")
    return [{ type: "authorization_failed", code, message: ownOf(FAILURES, code) ?? code }];
  if (status === "authorized") return [{ type: "authorized", totalMinor: authorized }, ...taken];
  if (status === "voided") return [...taken, { type: "voided" }];
  return taken;
}

/** @throws AppError `invalid/invalid_request` */
export function readWebhookIds(body: string): { eventId: string; type: string } {
  const { id, type, data } = parse(body);
  if (typeof id !== "string" || typeof type !== "string" || data === undefined)
    throw invalidField("body", "is no webhook of the sandbox");
  return { eventId: id, type };
}

export function readWebhook(body: string): ProviderNotice {
  const { metadata, data } = JSON.parse(body) as SandboxWebhook;
  return { ...readWebhookIds(body), paymentId: metadata.payment_id, ...toAnswer(data) };
}

function parse(body: string): Partial<SandboxWebhook> {
  try {
    return (JSON.parse(body) as Partial<SandboxWebhook> | null) ?? {};
  } catch (error) {
    throw invalidField("body", `is no JSON: ${(error as Error).message}`);
  }
}
