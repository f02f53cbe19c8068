// Reserves an order's short units: units that were written off without a replacement, and are still to be shipped.
import { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { findShelves, reserveAvailable, type StockByProduct, sellingOf } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import { answerWith, type FoundOrder, type OrderAct } from "../changing/change-order.ts";
import { saveOrder } from "../changing/save-order.ts";
import { orderError } from "../errors.ts";
import type { OrderLine } from "../order.ts";
import type { OrderServices } from "../services.ts";
import { addHolds, purposeOf } from "./held-units.ts";
import { refuseWithoutHolds } from "./reserved-goods.ts";

/**
 * An act that reserves as many of the short units as there are in stock, line by line.
 * Refuses `order_state_forbids`, `order_cancel_pending`, `shipping_stopped`, `nothing_short`, `units_short` where there are none.
 */
export function reserveShort({ db }: Pick<OrderServices, "db">): OrderAct {
  let stock: StockByProduct = new Map();
  return {
    event: "order.reserve",
    extra: async ({ lines }) => {
      const short = lines.filter((line) => line.short > 0);
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
  const { order, payment, actor } = found;
  const refused = refuseWithoutHolds(order);
  if (refused !== undefined) return refused;
  const before = countShort(order.lines);
  if (before === 0) return orderError("nothing_short");
  const lines = allOrNothing<OrderLine[] | AppError>(desk.book, {
    decide: () => reserveLines(desk, found, stock),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (lines instanceof AppError) return lines;
  const left = countShort(lines);
  if (left === before) return orderError("units_short", { message: "there are no others to reserve yet" });
  const note = `${before - left} reserved${left === 0 ? "" : `, ${left} short`}`;
  const changed = saveOrder(desk, order, {
    set: { lines },
    event: "reserved",
    note,
    actorId: actor.id,
    payment,
    lines: "progress",
  });
  return answerWith(desk, changed, payment);
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
