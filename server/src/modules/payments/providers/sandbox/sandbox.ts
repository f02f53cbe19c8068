// The sandbox: a card provider that behaves as the payment token says, faults included. It has its own tables,
// answers by idempotency key, and delivers signed webhooks over HTTP; the rest of the module treats it like Stripe.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "../../../../runtime/database.ts";
import { inTransaction, type Tx } from "../../../../runtime/transaction.ts";
import { paymentsError } from "../../errors.ts";
import {
  type CardCall,
  type CardProvider,
  type ProviderAnswer,
  ProviderUnreachableError,
} from "../card-provider.ts";
import { readWebhook, readWebhookIds, type SandboxDocument, toAnswer } from "./sandbox-document.ts";
import { checkWebhookSignature, SIGNATURE_HEADER } from "./sandbox-signature.ts";
import * as store from "./sandbox-store.ts";
import { findToken, type SandboxToken } from "./sandbox-tokens.ts";

export interface SandboxOptions {
  readonly db: Sql;
  /** The secret that signs its webhooks. */
  readonly secret: string;
  /** Where customers confirm: the program's own address. */
  readonly publicUrl: string;
  /** How much later a "late" answer comes. */
  readonly delayMs: number;
  /** Called after each change that may have put webhooks on their way. */
  readonly onTold: () => void;
}

export interface Sandbox extends CardProvider {
  /** The customer's choice on the 3-D Secure page. @throws AppError `not_found/payment_not_found` */
  readonly confirm: (reference: string, outcome: "succeed" | "fail") => Promise<SandboxDocument>;
}

export function createSandbox(options: SandboxOptions): Sandbox {
  const { db, secret, delayMs, onTold } = options;
  return {
    name: "sandbox",
    call: async (call, signal) => {
      const token = tokenOf(call);
      if (token.isUnreachable) throw new ProviderUnreachableError("the sandbox does not answer this token");
      const { document, isFirst } = await inTransaction(db, (tx) =>
        answerByKey(tx, options, { call, token }),
      );
      onTold();
      if (document === undefined || (isFirst && token.timesOut !== undefined)) await hang(signal);
      if (token.isSlow) await sleep(delayMs, undefined, { signal });
      return toAnswer(document as SandboxDocument);
    },
    ask: async (call) => {
      if (tokenOf(call).isUnreachable)
        throw new ProviderUnreachableError("the sandbox does not answer this token");
      return inTransaction(db, (tx) => retrieve(tx, options, call));
    },
    checkSignature: (body, headers) =>
      checkWebhookSignature(body, { header: headers[SIGNATURE_HEADER], secret, nowMs: Date.now() }),
    readIds: readWebhookIds,
    readNotice: readWebhook,
    confirm: async (reference, outcome) => {
      const confirmed = await inTransaction(db, (tx) => confirm(tx, options, { reference, outcome }));
      onTold();
      return confirmed;
    },
  };
}

/** The secret that signs its webhooks, created with its tables. */
export function readSandboxSecret(db: Sql): Promise<string> {
  return store.selectSecret(db);
}

function tokenOf({ payment }: CardCall): SandboxToken {
  return findToken(payment.methodToken);
}

/** Never answers; ends when the caller gives up. */
async function hang(signal: AbortSignal): Promise<never> {
  await sleep(2_147_483_647, undefined, { signal });
  throw new ProviderUnreachableError("nobody waited");
}

interface Keyed {
  readonly call: CardCall;
  readonly token: SandboxToken;
}

const REFERENCE = /^sbx_[0-9a-f]{24}$/;
const DROPPED = "dropped";

/** `document` is undefined where the call was lost before it was done. */
async function answerByKey(
  tx: Tx,
  options: SandboxOptions,
  { call, token }: Keyed,
): Promise<{ document: SandboxDocument | undefined; isFirst: boolean }> {
  const known = await store.takeKey(tx, call.key);
  if (known !== null && known !== DROPPED) return { document: JSON.parse(known), isFirst: false };
  const isFirst = known === null;
  if (isFirst && token.timesOut === "before") {
    await store.keepAnswer(tx, call.key, DROPPED);
    return { document: undefined, isFirst };
  }
  const document = await perform(tx, options, { call, token });
  await store.keepAnswer(tx, call.key, JSON.stringify(document));
  return { document, isFirst };
}

async function perform(tx: Tx, options: SandboxOptions, { call, token }: Keyed): Promise<SandboxDocument> {
  if (call.act === "authorize") return authorize(tx, options, { call, token });
  const charge = await store.lockCharge(tx, call.payment.providerReference ?? "");
  if (charge === undefined) throw new ProviderUnreachableError("the sandbox has no such charge");
  if (call.act === "capture") return capture(tx, options, { call, token, charge });
  return call.act === "void"
    ? voidCharge(tx, options, { token, charge })
    : refund(tx, options, { call, token, charge });
}

async function authorize(tx: Tx, options: SandboxOptions, { call, token }: Keyed): Promise<SandboxDocument> {
  const { payment, captureMode, amountMinor: amount } = call;
  const isCaptured = captureMode === "automatic" && token.failsLater !== "capture";
  const status =
    token.declinedAs !== undefined
      ? "failed"
      : token.isConfirmed
        ? "requires_action"
        : isCaptured
          ? "captured"
          : "authorized";
  const isAuthorized = status === "authorized" || status === "captured";
  const charge: store.SandboxCharge = {
    reference: `sbx_${randomBytes(12).toString("hex")}`,
    token: token.name,
    amount,
    currency: payment.currency,
    captureMode,
    status,
    authorized: isAuthorized ? amount : 0n,
    captured: status === "captured" ? amount : 0n,
    failureCode: token.declinedAs ?? null,
    metadata: JSON.stringify({ payment_id: payment.id }),
  };
  await store.writeCharge(tx, charge);
  if (isAuthorized) await tellAuthorized(tx, options, { charge, token });
  else if (status === "failed") await tell(tx, options, { type: "charge.failed", charge, token });
  const document = describe(options, charge);
  return token.isTold ? { ...document, status: "processing", authorized: "0", captured: "0" } : document;
}

interface OnCharge {
  readonly token: SandboxToken;
  readonly charge: store.SandboxCharge;
}

/** With a token for reordered webhooks, the later state is sent first. */
async function tellAuthorized(tx: Tx, options: SandboxOptions, { charge, token }: OnCharge): Promise<void> {
  const authorized = { ...charge, status: "authorized", captured: 0n } as const;
  const news = [{ type: "charge.authorized", charge: authorized }];
  if (charge.status === "captured") news.push({ type: "charge.captured", charge } as never);
  if (token.isReordered) news.reverse();
  for (const each of news) await tell(tx, options, { ...each, token });
  if (charge.status === "captured") await tellOfDispute(tx, options, { charge, token });
}

async function capture(
  tx: Tx,
  options: SandboxOptions,
  { call, token, charge }: OnCharge & Keyed,
): Promise<SandboxDocument> {
  const isPossible =
    charge.status === "authorized" && call.amountMinor <= charge.authorized - charge.captured;
  if (!isPossible)
    return { ...describe(options, charge), error: { act: "capture", code: "charge_not_capturable" } };
  if (token.failsLater === "capture") {
    const extra = { capture_error: "issuer_unavailable" };
    await tell(tx, options, { type: "charge.capture_failed", charge, token, extra });
    return { ...describe(options, charge), status: "processing" };
  }
  const captured = charge.captured + call.amountMinor;
  const isFinal = !call.keepsRest || captured === charge.authorized;
  const after = { ...charge, captured, status: isFinal ? "captured" : "authorized" } as const;
  await store.writeCharge(tx, after);
  await tell(tx, options, { type: "charge.captured", charge: after, token });
  await tellOfDispute(tx, options, { charge: after, token });
  return describe(options, after);
}

async function voidCharge(
  tx: Tx,
  options: SandboxOptions,
  { token, charge }: OnCharge,
): Promise<SandboxDocument> {
  if (charge.status === "captured" || charge.status === "failed")
    return { ...describe(options, charge), error: { act: "void", code: "charge_not_voidable" } };
  const after = { ...charge, status: "voided" } as const;
  await store.writeCharge(tx, after);
  await tell(tx, options, { type: "charge.voided", charge: after, token });
  return describe(options, after);
}

async function refund(
  tx: Tx,
  options: SandboxOptions,
  { call, token, charge }: OnCharge & Keyed,
): Promise<SandboxDocument> {
  const refunds = await store.selectRefundsOf(tx, charge.reference);
  const refunded = refunds
    .filter(({ status }) => status !== "failed")
    .reduce((sum, { amount }) => sum + amount, 0n);
  const isPossible = call.amountMinor <= charge.captured - refunded;
  const made: store.SandboxRefund = {
    reference: `sbr_${randomBytes(12).toString("hex")}`,
    chargeReference: charge.reference,
    amount: call.amountMinor,
    status: isPossible ? "succeeded" : "failed",
    metadata: JSON.stringify({ attempt_id: call.attemptId }),
  };
  const failsLater = isPossible && token.failsLater === "refund";
  const told: store.SandboxRefund = failsLater ? { ...made, status: "failed" } : made;
  await store.writeRefund(tx, told);
  await tell(tx, options, { type: `refund.${told.status}`, charge, token, extra: describeRefund(told) });
  const isPending = failsLater || token.isTold;
  const answered: store.SandboxRefund = isPending ? { ...made, status: "pending" } : made;
  return { ...describe(options, charge), ...describeRefund(answered) };
}

async function retrieve(tx: Tx, options: SandboxOptions, call: CardCall): Promise<ProviderAnswer> {
  const charge = await store.lockCharge(tx, call.payment.providerReference ?? "");
  if (charge === undefined) throw new ProviderUnreachableError("the sandbox has no such charge");
  const refunds = call.act === "refund" ? await store.selectRefundsOf(tx, charge.reference) : [];
  const asked = refunds.find(({ metadata }) => JSON.parse(metadata).attempt_id === call.attemptId);
  const lost = call.act === "capture" && findToken(charge.token).failsLater === "capture";
  return toAnswer({
    ...describe(options, charge),
    ...(asked === undefined ? {} : describeRefund(asked)),
    ...(lost ? { capture_error: "issuer_unavailable" } : {}),
  });
}

async function confirm(
  tx: Tx,
  options: SandboxOptions,
  { reference, outcome }: { reference: string; outcome: "succeed" | "fail" },
): Promise<SandboxDocument> {
  const charge = REFERENCE.test(reference) ? await store.lockCharge(tx, reference) : undefined;
  if (charge === undefined) throw paymentsError("payment_not_found");
  if (charge.status !== "requires_action") return describe(options, charge);
  const token = findToken(charge.token);
  if (outcome === "fail") {
    const failed = { ...charge, status: "failed", failureCode: "authentication_failed" } as const;
    await store.writeCharge(tx, failed);
    await tell(tx, options, { type: "charge.failed", charge: failed, token });
    return describe(options, failed);
  }
  const isCaptured = charge.captureMode === "automatic";
  const authorized = { ...charge, authorized: charge.amount } as const;
  const after = isCaptured
    ? ({ ...authorized, captured: charge.amount, status: "captured" } as const)
    : ({ ...authorized, status: "authorized" } as const);
  await store.writeCharge(tx, after);
  await tellAuthorized(tx, options, { charge: after, token });
  return describe(options, after);
}

async function tellOfDispute(tx: Tx, options: SandboxOptions, { charge, token }: OnCharge): Promise<void> {
  if (token.disputeEnds === undefined) return;
  const reference = `sbd_${randomBytes(12).toString("hex")}`;
  const amount = String(charge.captured);
  const dispute = (status: "open" | "won" | "lost") => ({ dispute: { reference, amount, status } });
  await tell(tx, options, { type: "dispute.opened", charge, token, extra: dispute("open") });
  if (token.disputeEnds === "never") return;
  await tell(tx, options, { type: "dispute.closed", charge, token, extra: dispute(token.disputeEnds) });
}

interface News extends OnCharge {
  readonly type: string;
  readonly extra?: Partial<SandboxDocument>;
}

/** Queues a webhook; they are delivered in this order. */
async function tell(tx: Tx, options: SandboxOptions, { type, charge, token, extra }: News): Promise<void> {
  const id = `sbe_${randomBytes(12).toString("hex")}`;
  const data = { ...describe(options, charge), ...extra };
  await store.insertWebhook(tx, {
    body: JSON.stringify({ id, type, metadata: JSON.parse(charge.metadata), data }),
    copies: token.copies,
    delayMs: token.isLate ? options.delayMs : 0,
  });
}

function describe({ publicUrl }: SandboxOptions, charge: store.SandboxCharge): SandboxDocument {
  return {
    reference: charge.reference,
    status: charge.status,
    currency: charge.currency,
    amount: String(charge.amount),
    authorized: String(charge.authorized),
    captured: String(charge.captured),
    ...(charge.failureCode === null ? {} : { failure_code: charge.failureCode }),
    ...(charge.status === "requires_action"
      ? { action_url: `${publicUrl}/api/v1/sandbox/charges/${charge.reference}/confirm` }
      : {}),
  };
}

function describeRefund(refund: store.SandboxRefund): Pick<SandboxDocument, "refund"> {
  const { reference, status, metadata, amount } = refund;
  return {
    refund: { reference, status, amount: String(amount), attempt_id: JSON.parse(metadata).attempt_id },
  };
}
