// The port to foreign card providers: what is asked of one, and what it reports. A report says how things stand (totals,
// states), never what to add, so that reports may come twice, late or out of order.
import type { Act } from "../attempts/attempt.ts";
import type { CaptureMode, Payment } from "../payment.ts";

export type CardProviderName = "sandbox" | "stripe";

export type ProviderReport =
  | { readonly type: "authorized"; readonly totalMinor: bigint }
  /** `isFinal`: no more will be captured, what is left is free. */
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
  /** The provider's id; undefined where the provider refused to make one. */
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

/** What a provider answers to a call or tells by webhook about one payment. */
export interface ProviderAnswer {
  /** The provider's id of the payment; undefined where it made none. */
  readonly reference: string | undefined;
  readonly reports: readonly ProviderReport[];
  /** The code of the currency that it speaks of. A provider always says; a person who speaks for it need not. */
  readonly currency?: string | undefined;
  /** What the payment is for, captured or not; undefined where that is not said. Minor units. */
  readonly amountMinor?: bigint | undefined;
  /** Why its amounts cannot be read as amounts of ours, in words: it has no reports then. */
  readonly problem?: string | undefined;
}

export interface CardCall {
  /** The same for every call about one attempt. */
  readonly key: string;
  readonly attemptId: number;
  readonly act: Act;
  readonly amountMinor: bigint;
  readonly keepsRest: boolean;
  /** The provider's id of the attempt, as of a refund that it has answered. */
  readonly attemptReference: string | null;
  readonly payment: Payment;
  readonly captureMode: CaptureMode;
  /** Made when. */
  readonly createdAt: Date;
}

/** What a webhook says. */
export interface ProviderNotice extends ProviderAnswer {
  readonly eventId: string;
  readonly type: string;
  /** The payment's id with us, where the provider kept it for us. */
  readonly paymentId: number | undefined;
}

export interface CardProvider {
  readonly name: CardProviderName;
  /**
   * Does what the call asks; with the key of an earlier call it does nothing again and answers what became of that.
   * @throws ProviderUnreachableError where it may or may not have been done
   */
  readonly call: (call: CardCall, signal: AbortSignal) => Promise<ProviderAnswer>;
  /** Asks how an attempt stands that the provider has answered before. */
  readonly ask: (call: CardCall, signal: AbortSignal) => Promise<ProviderAnswer>;
  /** Checks a webhook's signature over its body as it came. @throws AppError `unauthenticated/invalid_signature` */
  readonly checkSignature: (
    body: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ) => void;
  /** What a webhook is stored by; what it says is read once it is stored. @throws AppError `invalid/invalid_request` */
  readonly readIds: (body: string) => Pick<ProviderNotice, "eventId" | "type">;
  /** Reads a webhook's body. Throws where it cannot be read: it is then tried again, with the error to be seen. */
  readonly readNotice: (body: string) => ProviderNotice;
}

/** The provider did not answer, or not with sense: nobody knows what became of the call. */
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
