// Stripe behind the port of card providers, by its own client: payment intents confirmed on our side, keyed by attempt. Its
// own retries are off, because the policy around each call repeats it. Stripe keeps the first answer to a key, even its own
// failure, so after a 5xx the outcome is looked up, by id or by our ids in its metadata.
import Stripe from "stripe";
import { paymentsError } from "../../errors.ts";
import {
  type CardCall,
  type CardProvider,
  type ProviderAnswer,
  ProviderBusyError,
  ProviderUnreachableError,
} from "../card-provider.ts";
import { toStripeAmount } from "./stripe-amounts.ts";
import {
  ATTEMPT_KEY,
  answerIntent,
  answerRefunds,
  failureCodeOf,
  failureMessageOf,
  PAYMENT_KEY,
  readAttemptId,
  readStripeIds,
  readStripeNotice,
  type ScaleOf,
} from "./stripe-reports.ts";

export interface StripeOptions {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** "https://api.stripe.com" */
  readonly apiUrl: string;
  /** Where a customer's browser goes after confirming a payment (3-D Secure). */
  readonly returnUrl: string;
  readonly timeoutMs: number;
  readonly scaleOf: ScaleOf;
}

const SIGNATURE_HEADER = "stripe-signature";
const SIGNATURE_TOLERANCE_SECONDS = 300;
/** How many refunds of one payment are searched for ours. */
const REFUNDS_MAX = 100;

export function createStripe(options: StripeOptions): CardProvider {
  const { webhookSecret, scaleOf } = options;
  const { webhooks } = openClient(options, new AbortController().signal);
  return {
    name: "stripe",
    call: async (call, signal) => {
      const at = { client: openClient(options, signal), options, call };
      return perform(at).catch((error: unknown) => explain(at, error));
    },
    ask: async (call, signal) => {
      const at = { client: openClient(options, signal), options, call };
      return find(at).catch(refuseUnanswered);
    },
    checkSignature: (body, headers) => {
      const header = headers[SIGNATURE_HEADER];
      try {
        webhooks.constructEvent(body, header ?? "", webhookSecret, SIGNATURE_TOLERANCE_SECONDS);
      } catch (error) {
        if (error instanceof Stripe.errors.StripeSignatureVerificationError)
          throw paymentsError("invalid_signature");
        if (!(error instanceof SyntaxError)) throw error; // signed but not JSON: the code that reads it reports that
      }
    },
    readIds: readStripeIds,
    readNotice: (body) => readStripeNotice(body, scaleOf),
  };
}

/** A separate client for each call, whose connection ends when the caller gives up. Making one takes a third of a millisecond. */
function openClient({ secretKey, apiUrl, timeoutMs }: StripeOptions, signal: AbortSignal): Stripe {
  const { protocol, hostname, port } = new URL(apiUrl);
  const isSecure = protocol === "https:";
  return new Stripe(secretKey, {
    host: hostname,
    port: port === "" ? (isSecure ? 443 : 80) : Number(port),
    protocol: isSecure ? "https" : "http",
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
    appInfo: { name: "Countinghouse" },
    httpClient: Stripe.createFetchHttpClient((url: string | URL | Request, init?: RequestInit) =>
      fetch(url, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) }),
    ),
  });
}

interface Asked {
  readonly client: Stripe;
  readonly options: StripeOptions;
  readonly call: CardCall;
}

async function perform(at: Asked): Promise<ProviderAnswer> {
  const { client, options, call } = at;
  const amount = amountOf(at);
  if (amount === undefined)
    return refuse(call, { code: "amount_not_payable", message: "Stripe cannot take this amount" });
  const keyed = { idempotencyKey: call.key };
  if (call.act === "authorize")
    return answer(at, await client.paymentIntents.create(describe(at, amount), keyed));
  const reference = referenceOf(call);
  if (call.act === "void") return answer(at, await client.paymentIntents.cancel(reference, {}, keyed));
  if (call.act === "capture") {
    const rest = call.keepsRest ? { final_capture: false } : {};
    const wanted = { amount_to_capture: amount, ...rest };
    return answer(at, await client.paymentIntents.capture(reference, wanted, keyed));
  }
  const metadata = ourIds(call);
  const refund = await client.refunds.create({ payment_intent: reference, amount, metadata }, keyed);
  return answerRefunds(reference, [refund], options.scaleOf);
}

function describe({ options, call }: Asked, amount: number): Stripe.PaymentIntentCreateParams {
  const { payment, captureMode } = call;
  const isManual = captureMode === "manual";
  return {
    amount,
    currency: payment.currency.toLowerCase(),
    capture_method: captureMode,
    confirm: true,
    automatic_payment_methods: { enabled: true },
    return_url: options.returnUrl,
    metadata: ourIds(call),
    ...(payment.methodToken === null ? {} : { payment_method: payment.methodToken }),
    ...(payment.reference === null ? {} : { description: payment.reference }),
    ...(isManual ? { payment_method_options: { card: { request_multicapture: "if_available" } } } : {}),
  };
}

function ourIds({ payment, attemptId }: CardCall): Record<string, string> {
  const { id, orderId } = payment;
  return {
    [PAYMENT_KEY]: String(id),
    [ATTEMPT_KEY]: String(attemptId),
    ...(orderId === null ? {} : { order_id: String(orderId) }),
  };
}

function amountOf({ options, call }: Asked): number | undefined {
  const { currency } = call.payment;
  const scale = options.scaleOf(currency);
  if (scale === undefined) throw new Error(`the currency ${currency} of a payment is not known`);
  return toStripeAmount(call.amountMinor, { currency, scale });
}

function referenceOf({ payment }: CardCall): string {
  if (payment.providerReference !== null) return payment.providerReference;
  throw new ProviderUnreachableError("Stripe's id of the payment is not known yet");
}

function answer({ options }: Asked, intent: Stripe.PaymentIntent): ProviderAnswer {
  return answerIntent(intent, options.scaleOf);
}

/** What an error says about the call: refused for good, not made, or unknown; if unknown, what can be found out. */
async function explain(at: Asked, error: unknown): Promise<ProviderAnswer> {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode = 0 } = error;
  const isUnknown = statusCode >= 500 || statusCode === 409 || error.rawType === "idempotency_error";
  if (isUnknown) return findFinal(at, error);
  if (statusCode === 0 || isNotMade(error)) return refuseUnanswered(error);
  return refuseWith(at, error);
}

function isNotMade({ statusCode }: Stripe.errors.StripeError): boolean {
  return statusCode === 401 || statusCode === 403 || statusCode === 429;
}

/** @throws ProviderUnreachableError, ProviderBusyError */
function refuseUnanswered(error: unknown): never {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const text = `Stripe: ${error.message}`;
  throw isNotMade(error)
    ? new ProviderBusyError(text, { cause: error })
    : new ProviderUnreachableError(text, { cause: error });
}

function refuseWith({ options, call }: Asked, error: Stripe.errors.StripeError): ProviderAnswer {
  const intent = error.payment_intent;
  const refused = refuse(call, { code: failureCodeOf(error), message: failureMessageOf(error) });
  if (intent === undefined) return refused;
  if (call.act === "authorize" || call.act === "refund") return { ...refused, reference: intent.id };
  const known = answerIntent(intent, options.scaleOf);
  return { ...known, reports: [...known.reports, ...refused.reports] };
}

function refuse(call: CardCall, { code, message }: { code: string; message: string }): ProviderAnswer {
  const { act, attemptId, amountMinor, payment } = call;
  const reference = payment.providerReference ?? undefined;
  if (act === "refund") {
    const report = {
      type: "refund",
      reference: undefined,
      attemptId,
      amountMinor,
      state: "failed",
      code,
    } as const;
    return { reference, reports: [report] };
  }
  const type =
    act === "authorize" ? "authorization_failed" : act === "capture" ? "capture_failed" : "void_failed";
  return { reference, reports: [{ type, code, message }] };
}

/** The attempt's state at Stripe. @throws ProviderUnreachableError where Stripe does not know it (or does not tell yet) */
async function find(at: Asked): Promise<ProviderAnswer> {
  return at.call.act === "refund" ? findRefund(at) : answer(at, await findIntent(at));
}

async function findIntent({ client, call: { payment } }: Asked): Promise<Stripe.PaymentIntent> {
  if (payment.providerReference !== null) return client.paymentIntents.retrieve(payment.providerReference);
  const query = `metadata['${PAYMENT_KEY}']:'${payment.id}'`;
  const { data } = await client.paymentIntents.search({ query, limit: 1 });
  const [intent] = data;
  if (intent === undefined) throw new ProviderUnreachableError("Stripe finds no payment with our id");
  return intent;
}

async function findRefund({ client, options, call }: Asked): Promise<ProviderAnswer> {
  const reference = referenceOf(call);
  const refunds =
    call.attemptReference === null
      ? (await client.refunds.list({ payment_intent: reference, limit: REFUNDS_MAX })).data
      : [await client.refunds.retrieve(call.attemptReference)];
  const [ours, ...others] = refunds.filter((refund) => readAttemptId(refund) === call.attemptId);
  if (ours === undefined) throw new ProviderUnreachableError("Stripe finds no refund with our id");
  return answerRefunds(reference, [ours, ...others], options.scaleOf);
}

/** Only proof that the call was done, or never can be, ends the doubt; otherwise the next call with its key does it. */
async function findFinal(at: Asked, error: Stripe.errors.StripeError): Promise<ProviderAnswer> {
  const found = await find(at).catch(refuseUnanswered);
  const { act, payment } = at.call;
  const isDone = found.reports.some((report) => {
    if (act === "capture")
      return (
        report.type === "voided" || (report.type === "captured" && report.totalMinor > payment.capturedMinor)
      );
    if (act === "void") return report.type === "voided" || (report.type === "captured" && report.isFinal);
    return true;
  });
  return isDone ? found : refuseUnanswered(error);
}
