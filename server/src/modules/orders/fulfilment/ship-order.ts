// Ships an order, wholly or in part: the held stock leaves the house, the rest stays held, and the shipped goods
// are charged, all in one commit. Goods that cannot be charged are not shipped.

import { AppError } from "../../../values/app-error.ts";
import { divideHalfUp, least } from "../../../values/money.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { type StockByProduct, shipStock } from "../../inventory/index.ts";
import { allOrNothing, takeStamps } from "../../ledger/index.ts";
import { capturableOf, captureCharges, voidCharges, type WholePayment } from "../../payments/index.ts";
import { type FoundOrder, type OrderAct, refuseCancelling, refuseStep } from "../changing/change-order.ts";
import {
  dueOf,
  dueTaxOf,
  factsOf,
  findShippingObstacle,
  type ShippingObstacle,
} from "../changing/order-facts.ts";
import { saveOrder } from "../changing/save-order.ts";
import { describeOrder } from "../describe-order.ts";
import { orderError } from "../errors.ts";
import { fulfilmentOf, type Order, type OrderLine, openOf, ownerOf } from "../order.ts";
import { holdStock } from "../placing/place-orders.ts";
import { shareOfUnits, taxWithin } from "../placing/totals.ts";
import type { OrderServices } from "../services.ts";
import { describeShipment, type Shipment, type ShipmentLine, type Tracking } from "./shipment.ts";
import { NEW_SHIPMENTS } from "./shipment-store.ts";

export interface ShipRequest extends Tracking {
  /** Ships although its money went back or is disputed; otherwise that is refused. */
  readonly shipsAnyway?: boolean | undefined;
  /** For the timeline; where it is shipped anyway, the reason. */
  readonly note?: string | undefined;
  /** Undefined: all open units that are neither short nor stopped. */
  readonly items?: readonly { readonly lineNo: number; readonly quantity: number }[] | undefined;
}

/**
 * An act that ships. If an order's stock was freed and it is shipped anyway, the units are taken from current stock.
 * Refuses `order_state_forbids`, `order_not_paid`, `order_in_review`, `order_cancel_pending`, `shipping_stopped`,
 * `quantity_exceeds_open`, `units_short`, `insufficient_stock`, and what the ledger refuses of the charge (`account_frozen`, ...).
 */
export function shipOrder({ stockOf }: Pick<OrderServices, "stockOf">, request: ShipRequest): OrderAct {
  let stock: StockByProduct = new Map();
  return {
    event: "order.ship",
    extra: async ({ lines, shippingStop }) => {
      const isStopped = shippingStop !== "none" || lines.some(({ stopped }) => stopped);
      const isFreed = isStopped && request.shipsAnyway === true;
      stock = isFreed ? await stockOf(lines.flatMap(({ productId }) => productId ?? [])) : new Map();
      const accounts = [...stock.values()].flat();
      return {
        accountIds: accounts.map(({ accountId }) => accountId),
        stampCount: lines.length + STAMPS_PER_ACCOUNT * lines.length * accounts.length,
      };
    },
    decide: (desk, found) => decide(desk, found, { ...request, stock }),
  };
}

/** For stock that is held and shipped in one command. */
const STAMPS_PER_ACCOUNT = 3;

type Shipping = ShipRequest & { readonly stock: StockByProduct };

function decide(desk: Desk, found: FoundOrder, request: Shipping): Decision | AppError {
  const refused = refuseShipping(found, request);
  if (refused !== undefined) return refused;
  const wanted = readQuantities(found.order, request);
  if (wanted instanceof AppError) return wanted;
  const booked = allOrNothing<Shipped | AppError>(desk.book, {
    decide: () => book(desk, found, { wanted, stock: request.stock }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (booked instanceof AppError) return booked;
  return saveShipped(desk, found, { request, ...booked });
}

function refuseShipping(found: FoundOrder, { shipsAnyway }: ShipRequest): AppError | undefined {
  const { order, payment } = found;
  if (order.state === "PENDING") return orderError("order_not_paid", { order_status: order.state });
  const isUnderWay = order.state === "PROCESSING";
  const refused = refuseCancelling(order) ?? (isUnderWay ? undefined : refuseStep("process", found));
  if (refused !== undefined) return refused;
  const obstacle = shipsAnyway === true ? undefined : findShippingObstacle(order, payment);
  if (obstacle !== undefined)
    return orderError("shipping_stopped", { message: OBSTACLES[obstacle], shipping_stop: obstacle });
  const isPaidFirst = order.paymentMethod === "balance" || order.paymentMethod === "credit_card";
  const isCovered = factsOf(order, payment).isCovered;
  return isPaidFirst && !isCovered ? orderError("order_not_paid", { order_status: order.state }) : undefined;
}

const OBSTACLES = {
  refunded: "the order was refunded, and its goods stay here",
  charged_back: "money of the order was lost in a dispute, and its goods stay here",
  disputed: "money of the order is in a dispute that is not decided",
  refund_under_way: "the order is being refunded",
} as const satisfies Record<ShippingObstacle, string>;

/** Quantities by line number. */
function readQuantities(order: Order, { items, shipsAnyway }: ShipRequest): Map<number, number> | AppError {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const wanted = new Map<number, number>();
  for (const [index, { lineNo, quantity }] of (items ?? []).entries()) {
    const total = (wanted.get(lineNo) ?? 0) + quantity;
    const line = lines.get(lineNo);
    const open = line === undefined ? 0 : openOf(line);
    if (line === undefined || total > open - line.short) {
      const field = `items[${index}].quantity`;
      const isShort = line !== undefined && total <= open;
      const reason =
        line === undefined
          ? `the order has no line ${lineNo}`
          : `${open} of line ${lineNo} are open${line.short === 0 ? "" : `, and ${line.short} of them are short`}`;
      return orderError(isShort ? "units_short" : "quantity_exceeds_open", { fields: [{ field, reason }] });
    }
    if (line.stopped && shipsAnyway !== true) return refuseStopped(lineNo, `items[${index}].line`);
    wanted.set(lineNo, total);
  }
  if (items !== undefined) return wanted;
  const left = order.lines.filter((line) => openOf(line) > line.short);
  const all = left.filter(({ stopped }) => !stopped || shipsAnyway === true);
  if (all.length > 0) return new Map(all.map((line) => [line.lineNo, openOf(line) - line.short]));
  return left[0] === undefined ? orderError("units_short") : refuseStopped(left[0].lineNo, "items");
}

function refuseStopped(lineNo: number, field: string): AppError {
  const reason = `line ${lineNo} was refunded, and its goods stay here`;
  return orderError("shipping_stopped", {
    message: reason,
    shipping_stop: "refunded",
    fields: [{ field, reason }],
  });
}

interface Shipped {
  readonly lines: readonly OrderLine[];
  readonly shipped: readonly ShipmentLine[];
  readonly payment: WholePayment | undefined;
}

/** Stock first, then money. Within `allOrNothing`. */
function book(
  desk: Desk,
  found: FoundOrder,
  { wanted, stock }: { wanted: ReadonlyMap<number, number>; stock: StockByProduct },
): Shipped | AppError {
  const { order, actor } = found;
  const lines: OrderLine[] = [];
  const shipped: ShipmentLine[] = [];
  for (const line of order.lines) {
    const quantity = wanted.get(line.lineNo) ?? 0;
    const what = { quantity, order, actorId: actor.id };
    const held = quantity === 0 ? line : holdAgain(desk, line, { ...what, stock });
    if (held instanceof AppError) return held;
    const taken = quantity === 0 ? { line, parts: [] } : shipLine(desk, held, what);
    if (taken instanceof AppError) return taken;
    lines.push(taken.line);
    shipped.push(...taken.parts);
  }
  const payment = charge(desk, found, lines);
  return payment instanceof AppError ? payment : { lines, shipped, payment };
}

interface ShippedUnits {
  readonly quantity: number;
  readonly order: Order;
  readonly actorId: string;
}

/** Units that were freed when the order or the line was stopped are taken from current stock. */
function holdAgain(
  desk: Desk,
  line: OrderLine,
  { quantity, order, actorId, stock }: ShippedUnits & { stock: StockByProduct },
): OrderLine | AppError {
  if (order.shippingStop === "none" && !line.stopped) return line;
  const purpose = { reference: `order ${order.id}`, actorId, owner: ownerOf(order) };
  const held = holdStock(desk, [{ ...line, quantity }], { stock, ...purpose });
  if (held instanceof AppError) return held;
  const { holdIds = [], stockAccountIds = [] } = held[0] ?? {};
  return { ...line, holdIds, stockAccountIds };
}

function shipLine(
  desk: Desk,
  line: OrderLine,
  { quantity, order, actorId }: ShippedUnits,
): { line: OrderLine; parts: ShipmentLine[] } | AppError {
  const { lineNo } = line;
  const after = { ...line, shipped: line.shipped + quantity };
  if (!line.tracksStock)
    return { line: after, parts: [{ lineNo, holdId: 0, stockAccountId: null, quantity }] };
  const left: { holdId: number; accountId: number }[] = [];
  const parts: ShipmentLine[] = [];
  let missing = quantity;
  for (const [index, holdId] of line.holdIds.entries()) {
    const accountId = line.stockAccountIds[index] ?? 0;
    const amount = Math.min(missing, Number(desk.book.holds.get(holdId)?.amount ?? 0n));
    if (amount === 0) {
      left.push({ holdId, accountId });
      continue;
    }
    const taken = shipStock(
      desk,
      { id: holdId },
      { quantity: amount, reference: `order ${order.id}`, actorId, owner: ownerOf(order) },
    );
    if (taken instanceof AppError) return taken;
    parts.push({ lineNo, holdId, stockAccountId: accountId, quantity: amount });
    if (taken.rest !== undefined) left.push({ holdId: taken.rest.id, accountId });
    missing -= amount;
  }
  if (missing > 0) throw new Error(`line ${lineNo} of order ${order.id} holds less than is open`);
  const [holdIds, stockAccountIds] = [left.map((part) => part.holdId), left.map((part) => part.accountId)];
  return { line: { ...after, holdIds, stockAccountIds }, parts };
}

/** Captures the worth of the goods shipped now; with the last shipment, all that is due. An invoice is paid separately. */
function charge(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  lines: readonly OrderLine[],
): WholePayment | undefined | AppError {
  if (payment === undefined || payment.provider === "manual" || capturableOf(payment) <= 0n) return payment;
  const isLast = lines.every((line) => openOf(line) === 0);
  const worth = worthOf(order.lines, lines);
  const due = dueOf(order) - payment.capturedMinor;
  const amountMinor = least(isLast ? due : worth.gross, due, capturableOf(payment));
  if (amountMinor <= 0n) return isLast ? voidCharges(desk, payment, { actorId: actor.id }) : payment;
  const taxMinor = taxToCharge({ order, payment }, { amountMinor, tax: isLast ? undefined : worth.tax });
  return captureCharges(desk, payment, { amountMinor, taxMinor, keepsRest: !isLast, actorId: actor.id });
}

/** The tax of the goods; where part of the order was waived, the share of what is owed. The last charge takes all that is left */
function taxToCharge(
  { order, payment }: { order: Order; payment: WholePayment },
  { amountMinor, tax }: { amountMinor: bigint; tax: bigint | undefined },
): bigint {
  const due = dueTaxOf(order);
  const upToNow = divideHalfUp(due * (payment.capturedMinor + amountMinor), dueOf(order));
  const left = least(due, payment.taxMinor) - payment.taxCapturedMinor;
  const share = order.waived === 0n ? (tax ?? left) : upToNow - payment.taxCapturedMinor;
  const charged = least(share, left, amountMinor);
  return charged > 0n ? charged : 0n;
}

/** Gross and tax of the units that differ between two states of the same lines. */
function worthOf(before: readonly OrderLine[], after: readonly OrderLine[]): { gross: bigint; tax: bigint } {
  let [gross, tax] = [0n, 0n];
  for (const [index, line] of after.entries()) {
    const from = before[index]?.shipped ?? 0;
    const start = shareOfUnits(line.gross, { before: 0, after: from, of: line.quantity });
    const value = shareOfUnits(line.gross, { before: from, after: line.shipped, of: line.quantity });
    gross += value;
    tax += taxWithin(line, { before: start, after: start + value });
  }
  return { gross, tax };
}

function saveShipped(
  desk: Desk,
  { order: before, payment: paid, actor }: FoundOrder,
  { request, lines, shipped, payment }: Shipped & { request: ShipRequest },
): Decision {
  const { carrier, trackingNumber, trackingUrl } = request;
  const isStopped = before.lines.some(
    ({ lineNo, stopped }) => stopped && shipped.some((part) => part.lineNo === lineNo),
  );
  const obstacle = findShippingObstacle(before, paid) ?? (isStopped ? "refunded" : undefined);
  const id = takeStamps(desk.book, 1);
  const tracking = { carrier, trackingNumber, trackingUrl };
  const shipment: Shipment = {
    id,
    orderId: before.id,
    ...tracking,
    shippedBy: actor.id,
    deliveredAt: null,
    lines: shipped,
  };
  desk.rows.add(NEW_SHIPMENTS, shipment);
  const order = saveOrder(desk, before, {
    set: { lines, fulfilment: fulfilmentOf(lines) },
    step: before.state === "PROCESSING" ? undefined : "process",
    event: "shipped",
    note: describeShipping(request, obstacle),
    actorId: actor.id,
    payment,
    lines: "progress",
  });
  const document = describeOrder(desk.assets, { order, payment });
  const answer = JSON.stringify({ order: document, shipment: describeShipment(shipment) });
  const details = obstacle === undefined ? undefined : { ship_anyway: obstacle, note: request.note };
  return { answer, counted: [], resource: { type: "order", id: String(order.id) }, details };
}

function describeShipping(
  { carrier, trackingNumber, note }: ShipRequest,
  obstacle: ShippingObstacle | undefined,
): string | undefined {
  const tracking = [carrier, trackingNumber].filter((part) => part !== null).join(" ");
  const anyway = obstacle === undefined ? "" : `shipped anyway, ${obstacle}`;
  return [tracking, anyway, note ?? ""].filter((part) => part !== "").join(": ") || undefined;
}
