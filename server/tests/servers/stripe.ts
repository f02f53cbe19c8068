// A small Stripe on a free port, to be called over HTTP by Stripe's own client: form bodies, keys that keep the first
// answer (a 500 too), search by metadata, signed webhooks. It goes wrong on command, once for each `goWrong`.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createHooks, type StripeHooks } from "./stripe-hooks.ts";
import {
  type Answer,
  answerGet,
  answerPost,
  authorize,
  createRefund,
  type Form,
  type Intent,
  type Memory,
  newId,
  type RefundObject,
  refusal,
  type StripeObject,
} from "./stripe-objects.ts";

/**
 * `lost`: nothing is done and no answer comes. `unanswered`: done, but no answer comes. `cut off`: done, and the connection
 * breaks. `500`: nothing is done, and the failure is the key's answer for good; `500 done`: the same after it was done.
 */
export type Fault = "lost" | "unanswered" | "cut off" | "401" | "429" | "409" | "500" | "500 done";

export interface StripeCall {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly form: Form;
}

export interface StripeServer extends Omit<StripeHooks, "tell" | "drain"> {
  readonly url: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly refunds: ReadonlyMap<string, RefundObject>;
  /** All that reached it, oldest first. */
  readonly calls: readonly StripeCall[];
  /** What the next POST whose path ends so does. */
  readonly goWrong: (pathEnd: string, fault: Fault) => void;
  /** What a customer does on the page of 3-D Secure. */
  readonly confirm: (intentId: string, outcome: "succeed" | "fail") => void;
  readonly dispute: (intentId: string, status: "needs_response" | "won" | "lost") => void;
  /** What staff does on Stripe's own pages. Returns the refund's id. */
  readonly refund: (intentId: string, amount: number) => string;
  /** The bank sends a refund back. */
  readonly failRefund: (refundId: string) => void;
  readonly stop: () => Promise<void>;
}

const SECRET_KEY = "sk_test_countinghouse";
const WEBHOOK_SECRET = "whsec_countinghouse";

export async function startStripe(): Promise<StripeServer> {
  const { tell, drain, ...hooks } = createHooks(WEBHOOK_SECRET);
  const memory: Memory = { intents: new Map(), refunds: new Map(), tell };
  const faults: { pathEnd: string; fault: Fault }[] = [];
  const calls: StripeCall[] = [];
  const at: ServerState = { memory, faults, calls, keys: new Map(), url: "" };
  const listener = createServer((request, response) => {
    serve(at, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  at.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const { intents, refunds } = memory;
  return {
    ...hooks,
    url: at.url,
    secretKey: SECRET_KEY,
    webhookSecret: WEBHOOK_SECRET,
    intents,
    refunds,
    calls,
    goWrong: (pathEnd, fault) => faults.push({ pathEnd, fault }),
    confirm: (intentId, outcome) => confirm(memory, intentId, outcome),
    dispute: disputeOpener(memory),
    refund: (intentId, amount) => {
      const form = { payment_intent: intentId, amount: String(amount) };
      return (createRefund(memory, form).body as RefundObject).id;
    },
    failRefund: (refundId) => {
      const refund = refunds.get(refundId);
      if (refund === undefined) throw new Error(`no refund ${refundId}`);
      refund.status = "failed";
      tell("refund.failed", Object.assign(refund, { failure_reason: "expired_or_canceled_card" }));
    },
    stop: async () => {
      hooks.deliverTo(undefined);
      await drain();
      listener.closeAllConnections();
      listener.close();
    },
  };
}

interface ServerState {
  readonly memory: Memory;
  readonly faults: { pathEnd: string; fault: Fault }[];
  readonly calls: StripeCall[];
  /** The first answer to each key, with the request that it answers. */
  readonly keys: Map<string, { request: string; answer: Answer }>;
  url: string;
}

async function serve(at: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { pathname: path, searchParams } = new URL(request.url ?? "", "http://stripe");
  const { method = "GET", headers } = request;
  const key = headers["idempotency-key"] as string | undefined;
  const text = Buffer.concat(chunks).toString();
  const call = { method, path, key, form: parseForm(new URLSearchParams(text)) };
  at.calls.push(call);
  const fault = method === "POST" ? takeFault(at, path) : undefined;
  if (fault === "lost") return;
  if (fault === "401" || headers.authorization !== `Bearer ${SECRET_KEY}`)
    return send(
      response,
      refusal(401, { type: "invalid_request_error", message: "Invalid API Key provided" }),
    );
  if (fault === "429" || fault === "409") {
    const code = fault === "429" ? "rate_limit" : "idempotency_key_in_use";
    return send(response, refusal(Number(fault), { type: "invalid_request_error", code, message: code }));
  }
  const answer =
    method === "POST" ? answerKeyed(at, call, { text, fault }) : answerGet(at.memory, path, searchParams);
  if (fault === "unanswered") return;
  if (fault === "cut off") response.destroy();
  else send(response, answer);
}

function takeFault({ faults }: ServerState, path: string): Fault | undefined {
  const index = faults.findIndex(({ pathEnd }) => path.endsWith(pathEnd));
  return index < 0 ? undefined : faults.splice(index, 1)[0]?.fault;
}

/** The first answer to a key is its answer for good; other parameters with it are refused. */
function answerKeyed(
  { memory, keys, url }: ServerState,
  { path, key, form }: StripeCall,
  { text, fault }: { text: string; fault: Fault | undefined },
): Answer {
  const request = `${path}?${text}`;
  const kept = key === undefined ? undefined : keys.get(key);
  if (kept !== undefined && kept.request !== request) {
    const message =
      "Keys for idempotent requests can only be used with the same parameters they were first used with.";
    return refusal(400, { type: "idempotency_error", message });
  }
  if (kept !== undefined) return kept.answer;
  const made = fault === "500" ? undefined : answerPost(memory, path, { form, url });
  const isFailed = made === undefined || fault === "500 done";
  const failed = refusal(500, { type: "api_error", message: "An unknown error occurred" });
  const answer = isFailed ? failed : structuredClone(made);
  if (key !== undefined) keys.set(key, { request, answer });
  return answer;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json", "request-id": newId("req") });
  response.end(JSON.stringify(body));
}

/** `metadata[order_id]=7` is an object in an object. */
function parseForm(fields: URLSearchParams): Form {
  const form: Record<string, unknown> = {};
  for (const [name, value] of fields) {
    const [outer = "", ...inner] = name.split(/[[\]]+/).filter((part) => part !== "");
    form[outer] = inner.length === 0 ? value : nest(form[outer] ?? {}, inner, value);
  }
  return form as Form;
}

function nest(into: object, [first = "", ...rest]: readonly string[], value: string): object {
  const known = (into as Record<string, object>)[first] ?? {};
  return { ...into, [first]: rest.length === 0 ? value : nest(known, rest, value) };
}

function confirm(memory: Memory, intentId: string, outcome: "succeed" | "fail"): void {
  const intent = memory.intents.get(intentId);
  if (intent === undefined) throw new Error(`no intent ${intentId}`);
  if (outcome === "succeed") {
    authorize(memory, intent);
    return;
  }
  intent.status = "requires_payment_method";
  intent.next_action = null;
  intent.last_payment_error = { code: "payment_intent_authentication_failure", message: "not confirmed" };
  memory.tell("payment_intent.payment_failed", intent);
}

function disputeOpener({ intents, tell }: Memory): StripeServer["dispute"] {
  const disputes = new Map<string, StripeObject>();
  return (intentId, status) => {
    const intent = intents.get(intentId);
    const { amount_received: amount, currency } = intent ?? {};
    const money = { amount, currency, payment_intent: intentId, balance_transactions: [] };
    const known = disputes.get(intentId) ?? {
      id: newId("du"),
      object: "dispute",
      reason: "fraudulent",
      ...money,
    };
    const dispute = { ...known, status };
    disputes.set(intentId, dispute);
    tell(status === "needs_response" ? "charge.dispute.created" : "charge.dispute.closed", dispute);
  };
}
