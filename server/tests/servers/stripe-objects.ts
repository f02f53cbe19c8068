// The memory of the small Stripe: payment intents, refunds and disputes as its API shows them, and what each call makes of
// them. Cards are told apart by Stripe's own test payment methods.
import { randomBytes } from "node:crypto";

export interface StripeObject {
  readonly id: string;
  readonly object: string;
  [key: string]: unknown;
}

export interface Intent extends StripeObject {
  status: string;
  amount: number;
  amount_capturable: number;
  amount_received: number;
  currency: string;
  capture_method: string;
  payment_method: string;
  metadata: Record<string, string>;
  last_payment_error: object | null;
  next_action: object | null;
}

export interface RefundObject extends StripeObject {
  status: string;
  amount: number;
  payment_intent: string;
  metadata: Record<string, string>;
}

/** As read from a form body: values are text, objects are nested by brackets. */
export type Form = { readonly [key: string]: string | Form | undefined };

export interface Answer {
  readonly status: number;
  readonly body: object;
}

export interface Memory {
  readonly intents: Map<string, Intent>;
  readonly refunds: Map<string, RefundObject>;
  /** Told of each change as an event: its type, and the object as it is now. */
  readonly tell: (type: string, object: StripeObject) => void;
}

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

export function refusal(status: number, error: object): Answer {
  return { status, body: { error } };
}

const DECLINES: Readonly<Record<string, object>> = {
  pm_card_chargeDeclined: { code: "card_declined", decline_code: "generic_decline" },
  pm_card_visa_chargeDeclinedInsufficientFunds: { code: "card_declined", decline_code: "insufficient_funds" },
};

export function createIntent({ intents, tell }: Memory, form: Form, url: string): Answer {
  const { payment_method: method = "", currency = "", capture_method: captureMethod = "automatic" } = form;
  if (form["confirm"] !== "true" || typeof method !== "string" || typeof currency !== "string")
    return refusal(400, { type: "invalid_request_error", message: "this server confirms at once" });
  if (!method.startsWith("pm_"))
    return refusal(400, {
      type: "invalid_request_error",
      code: "resource_missing",
      param: "payment_method",
      message: `No such PaymentMethod: '${method}'`,
    });
  const intent: Intent = {
    id: newId("pi"),
    object: "payment_intent",
    status: "requires_confirmation",
    amount: Number(form["amount"]),
    amount_capturable: 0,
    amount_received: 0,
    currency,
    capture_method: String(captureMethod),
    payment_method: method,
    metadata: (form["metadata"] ?? {}) as Record<string, string>,
    description: form["description"] ?? null,
    last_payment_error: null,
    next_action: null,
    latest_charge: newId("ch"),
    livemode: false,
  };
  intents.set(intent.id, intent);
  tell("payment_intent.created", intent);
  const decline = DECLINES[method];
  if (decline !== undefined) return decline402({ tell }, intent, decline);
  if (method !== "pm_card_authenticationRequired") return { status: 200, body: authorize({ tell }, intent) };
  intent.status = "requires_action";
  const redirect = { url: `${url}/3ds/${intent.id}`, return_url: form["return_url"] };
  intent.next_action = { type: "redirect_to_url", redirect_to_url: redirect };
  tell("payment_intent.requires_action", intent);
  return { status: 200, body: intent };
}

function decline402({ tell }: Pick<Memory, "tell">, intent: Intent, decline: object): Answer {
  const error = { type: "card_error", message: "Your card was declined.", ...decline };
  intent.status = "requires_payment_method";
  intent.last_payment_error = error;
  tell("payment_intent.payment_failed", intent);
  return refusal(402, { ...error, payment_intent: intent });
}

export function authorize({ tell }: Pick<Memory, "tell">, intent: Intent): Intent {
  intent.next_action = null;
  if (intent.capture_method === "manual") {
    intent.status = "requires_capture";
    intent.amount_capturable = intent.amount;
    tell("payment_intent.amount_capturable_updated", intent);
  } else {
    intent.status = "succeeded";
    intent.amount_received = intent.amount;
    tell("payment_intent.succeeded", intent);
  }
  return intent;
}

export function captureIntent({ tell }: Memory, intent: Intent, form: Form): Answer {
  const amount = Number(form["amount_to_capture"] ?? intent.amount_capturable);
  if (intent.status !== "requires_capture" || amount > intent.amount_capturable)
    return refusal(400, {
      type: "invalid_request_error",
      code: "payment_intent_unexpected_state",
      message: `This PaymentIntent could not be captured because it has a status of ${intent.status}.`,
      payment_intent: intent,
    });
  intent.amount_received += amount;
  const isFinal = form["final_capture"] !== "false" || amount === intent.amount_capturable;
  intent.amount_capturable = isFinal ? 0 : intent.amount_capturable - amount;
  intent.status = isFinal ? "succeeded" : "requires_capture";
  tell(isFinal ? "payment_intent.succeeded" : "payment_intent.amount_capturable_updated", intent);
  return { status: 200, body: intent };
}

export function cancelIntent({ tell }: Memory, intent: Intent): Answer {
  if (intent.status === "succeeded" || intent.status === "canceled")
    return refusal(400, {
      type: "invalid_request_error",
      code: "payment_intent_unexpected_state",
      message: `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
      payment_intent: intent,
    });
  intent.status = "canceled";
  intent.amount_capturable = 0;
  tell("payment_intent.canceled", intent);
  return { status: 200, body: intent };
}

export function createRefund({ intents, refunds, tell }: Memory, form: Form): Answer {
  const intent = intents.get(String(form["payment_intent"]));
  if (intent === undefined) return notFound("payment_intent", String(form["payment_intent"]));
  const refunded = [...refunds.values()]
    .filter((refund) => refund.payment_intent === intent.id && refund.status !== "failed")
    .reduce((sum, { amount }) => sum + amount, 0);
  const amount = Number(form["amount"] ?? intent.amount_received - refunded);
  if (amount > intent.amount_received - refunded)
    return refusal(400, {
      type: "invalid_request_error",
      code: "charge_already_refunded",
      message: "Refund amount is greater than unrefunded amount on charge.",
    });
  const refund: RefundObject = {
    id: newId("re"),
    object: "refund",
    status: "succeeded",
    amount,
    currency: intent.currency,
    payment_intent: intent.id,
    charge: intent["latest_charge"],
    metadata: (form["metadata"] ?? {}) as Record<string, string>,
    reason: null,
  };
  refunds.set(refund.id, refund);
  tell("refund.created", refund);
  return { status: 200, body: refund };
}

export function notFound(param: string, id: string): Answer {
  return refusal(404, {
    type: "invalid_request_error",
    code: "resource_missing",
    param,
    message: `No such ${param}: '${id}'`,
  });
}

/** What a POST to a path does. `url` is the server's own, for the pages it sends customers to. */
export function answerPost(memory: Memory, path: string, { form, url }: { form: Form; url: string }): Answer {
  const [, , resource, id = "", act] = path.split("/");
  if (resource === "refunds") return createRefund(memory, form);
  if (resource !== "payment_intents") return notFound("path", path);
  if (id === "") return createIntent(memory, form, url);
  const intent = memory.intents.get(id);
  if (intent === undefined) return notFound("intent", id);
  if (act === "capture") return captureIntent(memory, intent, form);
  return act === "cancel" ? cancelIntent(memory, intent) : notFound("path", path);
}

export function answerGet({ intents, refunds }: Memory, path: string, query: URLSearchParams): Answer {
  const [, , resource, id = ""] = path.split("/");
  if (resource === "payment_intents" && id === "search") {
    const [, field = "", value] = /^metadata\['(\w+)'\]:'(\w+)'$/.exec(query.get("query") ?? "") ?? [];
    const data = [...intents.values()].filter(({ metadata }) => metadata[field] === value);
    return { status: 200, body: { object: "search_result", data, has_more: false } };
  }
  if (resource === "refunds" && id === "") {
    const of = query.get("payment_intent");
    const data = [...refunds.values()].filter((refund) => refund.payment_intent === of);
    return { status: 200, body: { object: "list", data, has_more: false } };
  }
  const found = resource === "refunds" ? refunds.get(id) : intents.get(id);
  return found === undefined ? notFound(resource ?? "path", id) : { status: 200, body: found };
}
