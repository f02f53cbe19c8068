// Reserves an order's short units: units that were written off without a replacement, or freed when their money went back, which has
// come again since because the refund came to nothing. They are still to be shipped.
import { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { findShelves, reserveAvailable, type StockByProduct, sellingOf } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import type { WholePayment } from "../../payments/index.ts";
import { answerWith, type FoundOrder, type OrderAct } from "../changing/change-order.ts";
import { findShippingStop } from "../changing/order-facts.ts";
import { saveOrder } from "../changing/save-order.ts";
import { isFinal } from "../changing/states.ts";
import { creditableOf } from "../credit-notes/credit-note.ts";
import { orderError } from "../errors.ts";
import { type Order, type OrderLine, openOf } from "../order.ts";
import type { OrderServices } from "../services.ts";
import { addHolds, purposeOf } from "./held-units.ts";
import { refuseWithoutHolds } from "./reserved-goods.ts";

/**
 * An act that reserves as many of the short units as there are in stock, line by line. It first lifts the stop of an order or a
 * line whose refund failed: its units are short then. Refuses `order_state_forbids`, `order_cancel_pending`, `shipping_stopped`, `nothing_short`, `units_short` where there are none.
 */
export function reserveShort({ db }: Pick<OrderServices, "db">): OrderAct {
  let stock: StockByProduct = new Map();
  return {
    event: "order.reserve",
    extra: async (order, payment) => {
      const short = liftStops(order, payment).lines.filter((line) => line.short > 0);
      const productIds = [...new Set(short.flatMap(({ productId }) => productId ?? []))];
      stock = sellingOf(await findShelves(db, productIds));
      const accounts = [...stock.values()].flat();
      return {
        accountIds: accounts.map(({ accountId }) => accountId),
        stampCount: short.length * accounts.length,
      };
    },
    decide: (desk, found) => decide(desk, found, stock),
  };
}

function decide(desk: Desk, found: FoundOrder, stock: StockByProduct): Decision | AppError {
  const { payment, actor } = found;
  const order = liftStops(found.order, payment);
  const isLifted = order !== found.order;
  const refused = refuseWithoutHolds(order);
  if (refused !== undefined) return refused;
  const before = countShort(order.lines);
  if (before === 0 && !isLifted) return orderError("nothing_short");
  const lines = allOrNothing<OrderLine[] | AppError>(desk.book, {
    decide: () => reserveLines(desk, { ...found, order }, stock),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (lines instanceof AppError) return lines;
  const left = countShort(lines);
  if (left === before && !isLifted)
    return orderError("units_short", { message: "there are no others to reserve yet" });
  const told = `${before - left} reserved${left === 0 ? "" : `, ${left} short`}`;
  const note = isLifted ? `its refund came to nothing: ${told}` : told;
  const changed = saveOrder(desk, found.order, {
    set: { lines, shippingStop: order.shippingStop },
    event: "reserved",
    note,
    actorId: actor.id,
    payment,
    lines: "progress",
  });
  return answerWith(desk, changed, payment);
}

/** The order without the stops for which there is no reason any more: we have the money that had gone back. */
function liftStops(order: Order, payment: WholePayment | undefined): Order {
  const isFreed = order.shippingStop !== "none" && findShippingStop(order, payment) === undefined;
  const hasMoney = (line: OrderLine) => line.stopped && creditableOf(line) > 0n;
  if (isFinal(order.state) || (!isFreed && !order.lines.some(hasMoney))) return order;
  const lines = order.lines.map((line) => {
    const isLifted = isFreed
      ? !line.stopped || hasMoney(line)
      : hasMoney(line) && order.shippingStop === "none";
    return isLifted ? { ...line, stopped: false, short: line.tracksStock ? openOf(line) : 0 } : line;
  });
  return { ...order, lines, shippingStop: isFreed ? "none" : order.shippingStop };
}

function reserveLines(
  desk: Desk,
  { order, actor }: FoundOrder,
  stock: StockByProduct,
): OrderLine[] | AppError {
  const lines: OrderLine[] = [];
  for (const line of order.lines) {
    const { short: quantity, productId } = line;
    if (quantity === 0 || productId === null) {
      lines.push(line);
      continue;
    }
    const request = { productId, quantity, ...purposeOf(order, actor.id) };
    const reserved = reserveAvailable(desk, request, stock.get(productId) ?? []);
    if (reserved instanceof AppError) return reserved;
    lines.push(addHolds({ ...line, short: reserved.missing }, reserved.holds));
  }
  return lines;
}

function countShort(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, { short }) => sum + short, 0);
}
