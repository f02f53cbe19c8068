// The states of an order as data: which change is possible, who may make it, what must be true, and its entry in the
// timeline. A change that is not in the table never happens. docs/orders.md shows the same table.
import type { Actor } from "../../../values/actor.ts";
import { actsForAll } from "../../../values/actor.ts";
import type { AppError, CodeOf } from "../../../values/app-error.ts";
import { orderError } from "../errors.ts";

/** The database stores these numbers; they never change their meaning. */
export const ORDER_STATES = {
  PENDING: 1,
  CONFIRMED: 2,
  QUEUED: 3,
  PROCESSING: 4,
  COMPLETED: 5,
  CANCELLED: 6,
  FAILED: 7,
  EXPIRED: 8,
} as const;
export type OrderState = keyof typeof ORDER_STATES;

export const FULFILMENTS = { unfulfilled: 1, partly: 2, shipped: 3, delivered: 4, returned: 5 } as const;
export type Fulfilment = keyof typeof FULFILMENTS;

export const REVIEWS = { none: 0, pending: 1, accepted: 2, refused: 3 } as const;
export type Review = keyof typeof REVIEWS;

/** Why goods that are still here must stay: their money went back. Their holds are freed. */
export const SHIPPING_STOPS = { none: 0, refunded: 1, charged_back: 2 } as const;
export type ShippingStop = keyof typeof SHIPPING_STOPS;

/** Who may make a change: `customer` is the owner, `staff` admins, operators and services, `system` the program itself. */
export type Party = "customer" | "staff" | "system";

/** The facts that guards look at. */
export interface OrderFacts {
  readonly state: OrderState;
  readonly fulfilment: Fulfilment;
  readonly review: Review;
  /** All is authorized or captured, or there is nothing to pay. */
  readonly isCovered: boolean;
  /** All is captured, or there is nothing to pay. */
  readonly isPaid: boolean;
  /** A provider has not yet reported the outcome of something. */
  readonly isInFlight: boolean;
  /** Nothing is authorized, captured or under way. */
  readonly isGivenBack: boolean;
}

interface Transition {
  readonly from: readonly OrderState[];
  readonly to: OrderState;
  /** The entry in the timeline, and the event `order.<entry>`. */
  readonly entry: string;
  readonly by: readonly Party[];
  /** Each is a condition and the code of errors.ts that refuses the step where the condition is false. */
  readonly guards: readonly (readonly [CodeOf<typeof orderError>, (facts: OrderFacts) => boolean])[];
}

const isNotInReview = ["order_in_review", ({ review }: OrderFacts) => review !== "pending"] as const;
const isUnfulfilled = [
  "order_shipped",
  ({ fulfilment }: OrderFacts) => fulfilment === "unfulfilled",
] as const;
const isWithoutPaymentUnderWay = ["payment_in_progress", (facts: OrderFacts) => !facts.isInFlight] as const;
const isWithoutMoney = ["payment_in_progress", (facts: OrderFacts) => facts.isGivenBack] as const;
const isShipped = ["order_not_shipped", ({ fulfilment }: OrderFacts) => isAllShipped(fulfilment)] as const;

export const TRANSITIONS = {
  /** The payment is authorized, or there is nothing to pay. */
  pay: {
    from: ["PENDING"],
    to: "CONFIRMED",
    entry: "confirmed",
    by: ["system"],
    guards: [isNotInReview, ["order_not_paid", ({ isCovered }) => isCovered]],
  },
  /** Staff confirm it before it is paid: an invoice. */
  confirm: { from: ["PENDING"], to: "CONFIRMED", entry: "confirmed", by: ["staff"], guards: [isNotInReview] },
  queue: {
    from: ["CONFIRMED"],
    to: "QUEUED",
    entry: "queued",
    by: ["staff", "system"],
    guards: [isNotInReview],
  },
  process: {
    from: ["CONFIRMED", "QUEUED"],
    to: "PROCESSING",
    entry: "processing",
    by: ["staff"],
    guards: [isNotInReview],
  },
  complete: {
    from: ["CONFIRMED", "QUEUED", "PROCESSING"],
    to: "COMPLETED",
    entry: "completed",
    by: ["staff", "system"],
    guards: [isShipped, ["order_not_paid", ({ isPaid }) => isPaid]],
  },
  /** Until when a customer may cancel, and until when staff may. The money has gone back when this step is taken. */
  withdraw: {
    from: ["PENDING", "CONFIRMED"],
    to: "CANCELLED",
    entry: "cancelled",
    by: ["customer", "staff", "system"],
    guards: [isUnfulfilled, isWithoutMoney],
  },
  cancel: {
    from: ["PENDING", "CONFIRMED", "QUEUED", "PROCESSING"],
    to: "CANCELLED",
    entry: "cancelled",
    by: ["staff", "system"],
    guards: [isUnfulfilled, isWithoutMoney],
  },
  /** A payment was tried and failed, or the review refused the order. */
  fail: {
    from: ["PENDING"],
    to: "FAILED",
    entry: "failed",
    by: ["staff", "system"],
    guards: [isWithoutPaymentUnderWay, isWithoutMoney],
  },
  /** Nobody paid in time. */
  expire: {
    from: ["PENDING"],
    to: "EXPIRED",
    entry: "expired",
    by: ["system"],
    guards: [isWithoutPaymentUnderWay, isWithoutMoney],
  },
} as const satisfies Readonly<Record<string, Transition>>;
export type TransitionName = keyof typeof TRANSITIONS;

/** No step leads on from these states. */
export function isFinal(state: OrderState): boolean {
  return state === "COMPLETED" || state === "CANCELLED" || state === "FAILED" || state === "EXPIRED";
}

/** It counts as sold: confirmed, and not cancelled. */
export function isSold(state: OrderState): boolean {
  return state === "COMPLETED" || (state !== "PENDING" && !isFinal(state));
}

export function isAllShipped(fulfilment: Fulfilment): boolean {
  return fulfilment === "shipped" || fulfilment === "delivered" || fulfilment === "returned";
}

/** In which role an actor acts on an order that they may see. */
export function partyOf(actor: Actor): Party {
  if (actor.kind === "system") return "system";
  return actsForAll(actor) ? "staff" : "customer";
}

/** Whether a change can be made, without the reason: a refusal is an error with a stack trace, too slow to make every time. */
export function mayTransition(name: TransitionName, facts: OrderFacts, party: Party): boolean {
  const { from, by, guards }: Transition = TRANSITIONS[name];
  return from.includes(facts.state) && by.includes(party) && guards.every(([, holds]) => holds(facts));
}

/** Why a change cannot be made; undefined where it can. The first reason wins: the state, the party, then the guards. */
export function refuseTransition(
  name: TransitionName,
  facts: OrderFacts,
  party: Party,
): AppError | undefined {
  const transition: Transition = TRANSITIONS[name];
  const { state } = facts;
  if (!transition.from.includes(state))
    return orderError("order_state_forbids", {
      message: `an order that is ${state} does not become ${transition.to}`,
      order_status: state,
    });
  if (!transition.by.includes(party))
    return orderError("order_change_not_allowed", {
      message: `${transition.by.filter((who) => who !== "system").join(" or ") || "only the program itself"} makes this change`,
    });
  const broken = transition.guards.find(([, holds]) => !holds(facts));
  return broken === undefined ? undefined : orderError(broken[0], { order_status: state });
}
