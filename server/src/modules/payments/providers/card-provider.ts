// The port to foreign card providers: what we ask of one, and what it reports. A report says how things stand (totals,
// states), never what to add, so reports may come twice, late or out of order.
import type { Act } from "../attempts/attempt.ts";
import type { CaptureMode, Payment } from "../payment.ts";

export type CardProviderName = "sandbox" | "stripe";

export type ProviderReport =
  | { readonly type: "authorized"; readonly totalMinor: bigint }
  /** `isFinal`: no more will be captured, and the rest is free. */
  | { readonly type: "captured"; readonly totalMinor: bigint; readonly isFinal: boolean }
  | { readonly type: "voided" }
  | { readonly type: "action_required"; readonly actionUrl: string }
  | { readonly type: "authorization_failed"; readonly code: string; readonly message: string }
  | { readonly type: "capture_failed"; readonly code: string; readonly message: string }
  | { readonly type: "void_failed"; readonly code: string; readonly message: string }
  | RefundReport
  | DisputeReport;

export interface RefundReport {
  readonly type: "refund";
  /** The provider's id; undefined where the provider refused to create one. */
  readonly reference: string | undefined;
  /** Ours, where the provider kept it for us. */
  readonly attemptId: number | undefined;
  readonly amountMinor: bigint;
  readonly state: "pending" | "succeeded" | "failed";
  readonly code?: string | undefined;
}

export interface DisputeReport {
  readonly type: "dispute";
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly state: "open" | "won" | "lost";
  readonly reason: string | undefined;
}

/** What a provider says about one payment, in the answer to a call or by webhook. */
export interface ProviderAnswer {
  /** The provider's id of the payment; undefined where it created none. */
  readonly reference: string | undefined;
  readonly reports: readonly ProviderReport[];
  /** The code of the currency it reports. A provider always states it; a person who speaks for it need not. */
  readonly currency?: string | undefined;
  /** The payment's amount, captured or not, in minor units; undefined where it is not stated. */
  readonly amountMinor?: bigint | undefined;
  /** Why its amounts cannot be read as our amounts, in words: it then has no reports. */
  readonly problem?: string | undefined;
}

export interface CardCall {
  /** The same for every call about one attempt. */
  readonly key: string;
  readonly attemptId: number;
  readonly act: Act;
  readonly amountMinor: bigint;
  readonly keepsRest: boolean;
  /** The provider's id of the attempt, for example of a refund that it has answered. */
  readonly attemptReference: string | null;
  readonly payment: Payment;
  readonly captureMode: CaptureMode;
  /** When the attempt was made. */
  readonly createdAt: Date;
}

/** The content of a webhook. */
export interface ProviderNotice extends ProviderAnswer {
  readonly eventId: string;
  readonly type: string;
  /** The payment's id with us, where the provider kept it for us. */
  readonly paymentId: number | undefined;
}

export interface CardProvider {
  readonly name: CardProviderName;
  /**
   * Does what the call asks. With the key of an earlier call it does nothing again, and answers with the earlier call's outcome.
   * @throws ProviderUnreachableError where it is unknown whether it was done
   */
  readonly call: (call: CardCall, signal: AbortSignal) => Promise<ProviderAnswer>;
  /** Asks for the state of an attempt that the provider has answered before. */
  readonly ask: (call: CardCall, signal: AbortSignal) => Promise<ProviderAnswer>;
  /** Checks a webhook's signature over the unchanged body. @throws AppError `unauthenticated/invalid_signature` */
  readonly checkSignature: (
    body: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ) => void;
  /** The id under which a webhook is stored; its content is read later. @throws AppError `invalid/invalid_request` */
  readonly readIds: (body: string) => Pick<ProviderNotice, "eventId" | "type">;
  /** Reads a webhook's body. Throws where it cannot be read: it is then tried again, with the error visible. */
  readonly readNotice: (body: string) => ProviderNotice;
}

/** The provider gave no answer, or no sensible one: the outcome of the call is unknown. */
export class ProviderUnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProviderUnreachableError";
  }
}

/** The call was not made: the provider is known to be down, or wants fewer calls. */
export class ProviderBusyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProviderBusyError";
  }
}
