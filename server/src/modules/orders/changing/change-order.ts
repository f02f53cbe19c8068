// The frame of every command on an existing order: reads it ahead to find the accounts and holds to lock, submits, and
// decides on the locked order, which must be unchanged. Another customer's order is answered like a missing one.

import { checkVersion } from "../../../http/version.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  type RowNeed,
  rereadFirst,
  submitRereading,
} from "../../desk/index.ts";
import { unitAccounts } from "../../inventory/index.ts";
import type { BookScope } from "../../ledger/index.ts";
import {
  chargesOf,
  checkRefundAccount,
  detailsOfRefundAccount,
  findWhole,
  PAYMENTS,
  scopeOf,
  scopeOfRefundAccount,
  type WholePayment,
} from "../../payments/index.ts";
import { describeOrder } from "../describe-order.ts";
import { orderError } from "../errors.ts";
import { getOrderWithPayment } from "../get-order.ts";
import { holdsOf, type Order } from "../order.ts";
import { ORDERS } from "../order-store.ts";
import { needsOfCoupon, returnsUse } from "../placing/apply-coupon.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { factsOf } from "./order-facts.ts";
import { partyOf, refuseTransition, type TransitionName } from "./states.ts";

/** An order, locked, with its latest payment. */
export interface FoundOrder {
  readonly order: Order;
  readonly payment: WholePayment | undefined;
  readonly actor: Actor;
  /** The use of its coupon, where it has one; it is returned if the act ends the order without a sale. */
  readonly returnsUse: boolean;
  /** The account that gets refunds, which the actor may name; undefined: the one that paid. */
  readonly refundTo: number | undefined;
}

export interface OrderAct {
  /** The name on the audit trail: "order.cancel". */
  readonly event: string;
  /** The versions the order may have; undefined: any. */
  readonly versions?: readonly number[] | undefined;
  /** The account that gets refunds; undefined: the one that paid. */
  readonly refundTo?: number | undefined;
  /** Whether it may end a confirmed order. */
  readonly mayEnd?: boolean;
  /** What it locks besides the order's own holds and payment. */
  readonly extra?: (
    order: Order,
    payment: WholePayment | undefined,
  ) => Promise<Partial<BookScope> & { needs?: readonly RowNeed[] }>;
  readonly decide: (desk: Desk, found: FoundOrder) => Decision | AppError;
}

/** Shipping takes two stamps per hold, releasing one. */
const STAMPS_PER_HOLD = 2;
const STAMPS_OF_ROWS = 8;

/**
 * Carries out an act on an order.
 * @throws AppError `not_found/order_not_found`; what the act refuses comes back as the outcome
 */
export function changeOrder(
  services: OrderServices,
  caller: OrderCaller,
  { id, act }: { id: number; act: OrderAct },
): Promise<CommandOutcome> {
  return submitRereading(services.desk, async () => {
    const found = await getOrderWithPayment(services, caller.actor, id);
    return buildChangeCommand(services, caller, { found, act });
  });
}

async function buildChangeCommand(
  { assets, settings }: OrderServices,
  caller: OrderCaller,
  { found, act }: { found: { order: Order; payment: WholePayment | undefined }; act: OrderAct },
): Promise<BookCommand> {
  const { order, payment } = found;
  const ending = { afterConfirmed: act.mayEnd === true && settings.returnsCoupons };
  const stock = holdsOf(order);
  const charges = payment === undefined ? [] : chargesOf(payment);
  const money = scopeOf(assets, charges);
  const extra = (await act.extra?.(order, payment)) ?? {};
  const refunding = scopeOfRefundAccount(payment, act.refundTo);
  const stamps = STAMPS_OF_ROWS + stock.holdIds.length * STAMPS_PER_HOLD + money.stampCount;
  return {
    event: act.event,
    ...caller,
    scope: {
      accountIds: [
        ...stock.accountIds,
        unitAccounts(assets).sold,
        ...money.accountIds,
        ...refunding.accountIds,
        ...(extra.accountIds ?? []),
      ],
      holdIds: [...stock.holdIds, ...(money.holdIds ?? []), ...(extra.holdIds ?? [])],
      stampCount: stamps + (extra.stampCount ?? 0),
    },
    needs: [
      { reader: ORDERS, ids: [order.id] },
      { reader: PAYMENTS, ids: charges.map(({ id }) => id) },
      ...refunding.needs,
      ...(extra.needs ?? []),
      ...(returnsUse(order, ending) ? needsOfCoupon(order) : []),
    ],
    decide: (desk) => decide(desk, { caller, read: found, act, ending }),
  };
}

function decide(
  desk: Desk,
  {
    caller,
    read,
    act,
    ending,
  }: {
    caller: OrderCaller;
    read: { order: Order; payment: WholePayment | undefined };
    act: OrderAct;
    ending: Parameters<typeof returnsUse>[1];
  },
): Decision | AppError {
  const order = desk.rows.of(ORDERS).get(read.order.id);
  if (order === undefined) return orderError("order_not_found");
  const payment = readWhole(desk, order, read.payment);
  const isAsRead = order.version === read.order.version && payment?.version === read.payment?.version;
  if (!isAsRead || !hasHoldsOf(order, read.order)) return rereadFirst();
  checkVersion(order.version, act.versions);
  const { actor } = caller;
  const { refundTo } = act;
  const refused = checkRefundAccount(desk, payment, { actor, accountId: refundTo });
  if (refused !== undefined) return refused;
  const found = { order, payment, actor, refundTo, returnsUse: returnsUse(order, ending) };
  const decided = act.decide(desk, found);
  if (decided instanceof Error || refundTo === undefined) return decided;
  return { ...decided, details: { ...decided.details, ...detailsOfRefundAccount(refundTo).details } };
}

/** The order's payment as it is locked. A charge that was added meanwhile changed the order, which shows that it must be read again. */
function readWhole(desk: Desk, order: Order, read: WholePayment | undefined): WholePayment | undefined {
  const rows = desk.rows.of(PAYMENTS);
  const locked = (read === undefined ? [] : chargesOf(read)).flatMap(({ id }) => rows.get(id) ?? []);
  return findWhole(locked, order.paymentId);
}

/** Row and lines are read ahead in parallel, so the lines may be older than the row. */
function hasHoldsOf(order: Order, read: Order): boolean {
  const known = new Set(holdsOf(read).holdIds);
  return holdsOf(order).holdIds.every((id) => known.has(id));
}

/** Why the actor may not take this step now; undefined where they may. */
export function refuseStep(
  name: TransitionName,
  { order, payment, actor }: FoundOrder,
): AppError | undefined {
  return refuseTransition(name, factsOf(order, payment), partyOf(actor));
}

/** Refuses acts that an order does not allow while it is being cancelled. */
export function refuseCancelling({ cancelReason }: Order): AppError | undefined {
  return cancelReason === null ? undefined : orderError("order_cancel_pending");
}

/** The answer of a command: the order after it, without its addresses, because the locked rows lack them. */
export function answerWith(desk: Desk, order: Order, payment: WholePayment | undefined): Decision {
  const answer = JSON.stringify(describeOrder(desk.assets, { order, payment }));
  return { answer, counted: [], resource: { type: "order", id: String(order.id) } };
}
