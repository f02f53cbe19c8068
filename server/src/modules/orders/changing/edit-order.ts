// Edits an order: its lines (replaced at current prices until it is paid; afterwards unit by unit, see edit-units.ts), its
// addresses until something is shipped, its reference and metadata at any time.
import { AppError } from "../../../values/app-error.ts";
import { needOwners } from "../../banking/index.ts";
import { PRODUCTS } from "../../catalog/index.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { releaseStock, type StockByProduct, type WantedStock } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import { cancelCharges, isInFlight, scopeOfOpening, type WholePayment } from "../../payments/index.ts";
import { type OrderAddresses, sealAddresses } from "../addresses.ts";
import { type BookedCredit, leaveCredit } from "../credit-notes/credit-order.ts";
import { orderError } from "../errors.ts";
import { SHIPMENTS } from "../fulfilment/shipment-store.ts";
import { holdsOf, type Order, type OrderLine, ownerOf } from "../order.ts";
import { ADDRESSES } from "../order-write-store.ts";
import { discountOfLines, reapplyCoupon } from "../placing/apply-coupon.ts";
import { openOrderPayment } from "../placing/open-order-payment.ts";
import { askElsewhere, holdStock } from "../placing/place-orders.ts";
import { type NewLine, priceLines } from "../placing/price-lines.ts";
import type { LineTotals } from "../placing/totals.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "./change-order.ts";
import { editUnits, refuseUnitEdit } from "./edit-units.ts";
import { factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { isFinal, partyOf } from "./states.ts";

/** Undefined leaves a field as it is. */
export interface OrderEdit {
  readonly items?: readonly NewLine[] | undefined;
  /** Both addresses as they are to become. */
  readonly addresses?: OrderAddresses | undefined;
  readonly reference?: string | null | undefined;
  /** JSON text. */
  readonly metadata?: string | null | undefined;
  /** Pays for the additional worth of new lines, where the order is confirmed and has no payment yet. */
  readonly accountId?: number | undefined;
  readonly paymentToken?: string | undefined;
  /** The account that gets refunds for removed units; undefined: the one that paid. */
  readonly refundTo?: number | undefined;
  readonly versions?: readonly number[] | undefined;
}

/**
 * An act that edits. Refuses `order_screened`, `order_state_forbids`, `payment_in_progress`, `order_shipped`, `version_mismatch`, for new
 * lines what placing refuses (an external stock system is asked about the units that are new), and what `editUnits` refuses.
 */
export function editOrder(services: OrderServices, caller: OrderCaller, edit: OrderEdit): OrderAct {
  let stock: StockByProduct = new Map();
  let refusedElsewhere: AppError | undefined;
  return {
    event: "order.edit",
    versions: edit.versions,
    refundTo: edit.refundTo,
    extra: async (order, payment) => {
      const productIds = [...new Set((edit.items ?? []).flatMap(({ productId }) => productId ?? []))];
      const { checkStock } = services;
      refusedElsewhere = checkStock && (await askElsewhere(checkStock, growthOf(order, edit.items ?? [])));
      stock = await services.stockOf(productIds);
      const accounts = [...stock.values()].flat();
      const asset = services.assets.byCode(order.currency);
      const { accountId = null } = edit;
      const opening = scopeOfOpening(services.assets, { assetId: asset?.id ?? 0, accountId });
      const paying = payment?.accountId ?? accountId ?? undefined;
      return {
        accountIds: [...accounts.map(({ accountId }) => accountId), ...opening.accountIds],
        stampCount: opening.stampCount + (edit.items?.length ?? 0) * Math.max(1, accounts.length),
        needs: [
          ...needOwners(caller.actor, accountId === null ? [] : [accountId]),
          ...services.moneyGuard.needsOf(edit.items === undefined ? undefined : paying),
          { reader: PRODUCTS, ids: productIds },
          { reader: SHIPMENTS, ids: edit.items === undefined ? [] : [order.id] },
        ],
      };
    },
    decide: (desk, found) => decide(desk, found, { services, caller, edit, stock, refusedElsewhere }),
  };
}

/** The units that the order would take beyond those it has: the others were checked when it was placed. */
function growthOf(order: Order, items: readonly NewLine[]): WantedStock[] {
  const growth = new Map<number, number>();
  const add = (productId: number | null | undefined, quantity: number) => {
    if (productId != null) growth.set(productId, (growth.get(productId) ?? 0) + quantity);
  };
  for (const { productId, quantity } of items) add(productId, quantity);
  for (const { productId, quantity } of order.lines) add(productId, -quantity);
  return [...growth].flatMap(([productId, quantity]) => (quantity > 0 ? [{ productId, quantity }] : []));
}

interface Editing {
  readonly services: OrderServices;
  readonly caller: OrderCaller;
  readonly edit: OrderEdit;
  readonly stock: StockByProduct;
  readonly refusedElsewhere: AppError | undefined;
}

function decide(desk: Desk, found: FoundOrder, editing: Editing): Decision | AppError {
  const { services, edit } = editing;
  const refused =
    refuseScreenedEdit(services, found, edit) ?? refuseEdit(found, edit) ?? editing.refusedElsewhere;
  if (refused !== undefined) return refused;
  const lines =
    edit.items === undefined ? undefined : editLines(desk, found, { ...editing, items: edit.items });
  if (lines instanceof AppError) return services.moneyGuard.keepBlocked(desk, lines);
  const { order, actor } = found;
  if (edit.addresses !== undefined)
    desk.rows.add(ADDRESSES, sealAddresses(services.vault, order.id, edit.addresses));
  const payment = lines === undefined ? found.payment : lines.payment;
  if (lines?.credit !== undefined) leaveCredit(desk, found, lines.credit);
  const changed = saveOrder(desk, order, {
    set: {
      ...lines?.set,
      ...(edit.reference === undefined ? {} : { reference: edit.reference }),
      ...(edit.metadata === undefined ? {} : { metadata: edit.metadata }),
    },
    event: "edited",
    note: describeEdit(edit, lines?.told),
    actorId: actor.id,
    payment,
    lines: lines === undefined ? "same" : lines.mode,
  });
  return answerWith(desk, changed, payment);
}

interface EditedLines {
  readonly set: Partial<Omit<Order, "id" | "state" | "version" | "entryCount">>;
  readonly payment: WholePayment | undefined;
  readonly mode: "all" | "more";
  readonly credit?: BookedCredit | undefined;
  readonly told: string;
}

/** Replaced at current prices while nothing was paid or credited; afterwards edited unit by unit. */
function editLines(
  desk: Desk,
  found: FoundOrder,
  editing: Editing & { items: readonly NewLine[] },
): EditedLines | AppError {
  if (isFree(found)) {
    const replaced = replaceLines(desk, found, editing);
    return replaced instanceof AppError ? replaced : { ...replaced, mode: "all", told: "items" };
  }
  const { accountId, paymentToken } = editing.edit;
  const edited = editUnits(desk, found, { ...editing, accountId, paymentToken });
  if (edited instanceof AppError) return edited;
  const { order, payment, credit, told } = edited;
  return { set: order, payment, credit, told, mode: "more" };
}

/** Nothing is paid, under way or credited, and nobody has confirmed the order. */
function isFree({ order, payment }: FoundOrder): boolean {
  const isCredited = order.credited > 0n || order.lines.some(({ cancelled }) => cancelled > 0);
  return order.state === "PENDING" && !isCredited && factsOf(order, payment).isGivenBack;
}

function describeEdit({ addresses, reference, metadata }: OrderEdit, items: string | undefined): string {
  const named = { addresses, reference, metadata };
  const others = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return [...(items === undefined ? [] : [items]), ...others].join(", ");
}

/** A screened order may not grow: a customer could pass the check and then order more, or elsewhere. It may shrink. */
function refuseScreenedEdit(
  { screen }: OrderServices,
  { order, actor }: FoundOrder,
  { items, addresses }: OrderEdit,
): AppError | undefined {
  const matters = addresses !== undefined || (items !== undefined && growthOf(order, items).length > 0);
  return screen !== undefined && matters && partyOf(actor) === "customer"
    ? orderError("order_screened")
    : undefined;
}

function refuseEdit(found: FoundOrder, edit: OrderEdit): AppError | undefined {
  const { order } = found;
  const cancelling = refuseCancelling(order);
  if (cancelling !== undefined) return cancelling;
  if (edit.addresses !== undefined) {
    if (order.fulfilment !== "unfulfilled") return orderError("order_shipped");
    if (isFinal(order.state)) return orderError("order_state_forbids", { order_status: order.state });
  }
  if (edit.items === undefined) return undefined;
  if (!isFree(found)) return refuseUnitEdit(found);
  return order.review === "pending" ? orderError("order_in_review") : undefined;
}

interface Replaced {
  readonly set: Pick<
    Order,
    "lines" | "discount" | "net" | "tax" | "total" | "paymentId" | "repaid" | "shippingStop"
  >;
  readonly payment: WholePayment | undefined;
}

function replaceLines(
  desk: Desk,
  found: FoundOrder,
  editing: Editing & { items: readonly NewLine[] },
): Replaced | AppError {
  const { services, items } = editing;
  const listed = priceLines(items, {
    products: desk.rows.of(PRODUCTS),
    taxRates: services.taxRates,
    currency: found.order.currency,
    mayBuyDrafts: partyOf(found.actor) !== "customer",
  });
  const priced = listed instanceof AppError ? listed : reapplyCoupon(desk, found.order, listed);
  if (priced instanceof AppError) return priced;
  return allOrNothing<Replaced | AppError>(desk.book, {
    decide: () => {
      const owner = ownerOf(found.order);
      const released = releaseStock(desk, { holdIds: holdsOf(found.order).holdIds, owner });
      if (released instanceof AppError) return released;
      const purpose = { reference: `order ${found.order.id}`, actorId: found.actor.id, owner };
      const lines = holdStock(desk, priced.lines, { stock: editing.stock, ...purpose });
      if (lines instanceof AppError) return lines;
      return renewPayment(desk, found, { ...editing, lines, totals: priced.totals });
    },
    failed: (outcome) => outcome instanceof AppError,
  });
}

/** An invoice over the old total is closed and a new one opened; a card's payment is only opened by paying. */
function renewPayment(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  { services, caller, lines, totals }: Editing & { lines: readonly OrderLine[]; totals: LineTotals },
): Replaced | AppError {
  const { net, tax, gross: total } = totals;
  const set = {
    lines,
    discount: discountOfLines(lines),
    net,
    tax,
    total,
    repaid: 0n,
    shippingStop: "none" as const,
  };
  if (payment?.provider !== "manual" || isInFlight(payment))
    return { set: { ...set, paymentId: null }, payment: undefined };
  const closed = cancelCharges(desk, payment, { actorId: actor.id, reason: "order edited" });
  if (closed instanceof AppError) return closed;
  const asset = desk.assets.byCode(order.currency);
  if (total === 0n || asset === undefined) return { set: { ...set, paymentId: null }, payment: undefined };
  const opened = openOrderPayment(desk, services, {
    caller,
    orderId: order.id,
    customerId: order.customerId,
    asset,
    paymentMethod: order.paymentMethod,
    amountMinor: total,
    taxMinor: tax,
  });
  return opened instanceof AppError ? opened : { set: { ...set, paymentId: opened.id }, payment: opened };
}
