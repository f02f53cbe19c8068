// Takes goods of an order back, with or without their money. They go to where they were shipped from, or to the named location,
// whether or not orders take from it; goods whose stock is not kept, and goods that are written off, go nowhere.
import { AppError } from "../../../values/app-error.ts";
import { findShelves, openShelves, type StockAccount } from "../../inventory/index.ts";
import type { OrderAct } from "../changing/change-order.ts";
import { orderError } from "../errors.ts";
import type { Shipment } from "../fulfilment/shipment.ts";
import { selectShipments } from "../fulfilment/shipment-store.ts";
import type { Order, OrderLine } from "../order.ts";
import type { OrderServices } from "../services.ts";
import type { Part } from "./build-credit-note.ts";
import { creditAmount, creditUnits } from "./credit-note.ts";
import { credit } from "./credit-order.ts";

export interface ReturnedItem {
  readonly lineNo: number;
  readonly quantity: number;
  /** True: back on the shelf; otherwise written off. */
  readonly restock: boolean;
  /** The location, and the field that names it; undefined: where they were shipped from. */
  readonly location?: { readonly id: number; readonly field: string } | undefined;
}

export interface ReturnRequest {
  readonly items: readonly ReturnedItem[];
  /** False: only the goods; the money may follow as a refund. */
  readonly refund: boolean;
  readonly reason: string;
  readonly refundTo?: number | undefined;
}

/**
 * An act that takes goods back. Opens the stock of a product at a location where it had none before.
 * Refuses `quantity_exceeds_open`, `credit_exceeds_open`, `order_cancel_pending`, and what a refund or the ledger refuses.
 * @throws AppError `not_found/location_not_found` naming the field
 */
export function returnItems(services: OrderServices, request: ReturnRequest): OrderAct {
  let shelves: Shelves = { shipments: [], accounts: new Map(), named: new Map() };
  return {
    event: "order.return",
    refundTo: request.refundTo,
    extra: async (order) => {
      if (findOpenLines(order, request) instanceof AppError) return {};
      shelves = await readShelves(services, order, request);
      const parts = findReturned(order, request, shelves);
      return {
        accountIds: [...shelves.accounts.keys()],
        stampCount: parts instanceof AppError ? 0 : parts.length,
      };
    },
    decide: (desk, found) => {
      const parts = findReturned(found.order, request, shelves);
      if (parts instanceof AppError) return parts;
      return credit(desk, found, { kind: "return", parts, reason: request.reason });
    },
  };
}

/** Read ahead: an unchanged version means unchanged shipments. */
interface Shelves {
  readonly shipments: readonly Shipment[];
  readonly accounts: ReadonlyMap<number, StockAccount>;
  /** Only items that name a location, by their index in the request. */
  readonly named: ReadonlyMap<number, StockAccount>;
}

async function readShelves(
  services: OrderServices,
  order: Order,
  { items }: ReturnRequest,
): Promise<Shelves> {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const wanted = items.flatMap(({ lineNo, restock, location }, index) => {
    const line = lines.get(lineNo);
    const goesSomewhere = restock && location !== undefined && line?.tracksStock === true;
    return goesSomewhere ? [{ index, productId: line.productId ?? 0, location }] : [];
  });
  const productIds = [...new Set(order.lines.flatMap(({ productId }) => productId ?? []))];
  const opened = await openShelves(services, wanted);
  const [shipments, known] = await Promise.all([
    selectShipments(services.db, order.id),
    findShelves(services.db, productIds),
  ]);
  const shippedFrom = new Set(
    shipments.flatMap((shipment) => shipment.lines.flatMap(({ stockAccountId }) => stockAccountId ?? [])),
  );
  const accounts = [...known.values()].flat().filter(({ accountId }) => shippedFrom.has(accountId));
  return {
    shipments,
    accounts: new Map([...accounts, ...opened].map((account) => [account.accountId, account])),
    named: new Map(opened.map((account, index) => [wanted[index]?.index ?? 0, account])),
  };
}

/** Each item's line as the earlier items leave it. Refuses `quantity_exceeds_open`, naming the item. */
function findOpenLines(order: Order, { items }: Pick<ReturnRequest, "items">): OrderLine[] | AppError {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const found: OrderLine[] = [];
  for (const [index, { lineNo, quantity }] of items.entries()) {
    const line = lines.get(lineNo);
    const open = line === undefined ? 0 : line.shipped - line.returned;
    if (line === undefined || quantity > open) {
      const reason =
        line === undefined
          ? `the order has no line ${lineNo}`
          : `${open} of line ${lineNo} are with the customer`;
      return orderError("quantity_exceeds_open", { fields: [{ field: `items[${index}].quantity`, reason }] });
    }
    found.push(line);
    lines.set(lineNo, { ...line, returned: line.returned + quantity });
  }
  return found;
}

function findReturned(order: Order, request: ReturnRequest, shelves: Shelves): Part[] | AppError {
  const opened = findOpenLines(order, request);
  if (opened instanceof AppError) return opened;
  const credited = new Map(order.lines.map((line) => [line.lineNo, line.credited]));
  const parts: Part[] = [];
  for (const [index, item] of request.items.entries()) {
    let line = opened[index];
    if (line === undefined) continue;
    for (const { shelf, quantity } of findGoals(line, item, {
      ...shelves,
      chosen: shelves.named.get(index),
    })) {
      line = { ...line, credited: credited.get(line.lineNo) ?? 0n };
      const part = request.refund
        ? creditUnits(line, quantity, "return")
        : { ...creditAmount(line, 0n), quantity };
      parts.push({ ...part, shelf });
      line = { ...line, returned: line.returned + quantity };
      credited.set(line.lineNo, line.credited + part.gross);
    }
  }
  return parts;
}

interface Goal {
  /** Null: written off, or stock is not kept. */
  readonly shelf: StockAccount | null;
  readonly quantity: number;
}

/** Where the units of an item go, in the order in which they were shipped: the units shipped first come back first. */
function findGoals(
  line: OrderLine,
  { quantity, restock }: ReturnedItem,
  { shipments, accounts, chosen }: Shelves & { chosen: StockAccount | undefined },
): Goal[] {
  if (!restock || !line.tracksStock) return [{ shelf: null, quantity }];
  if (chosen !== undefined) return [{ shelf: chosen, quantity }];
  const goals = new Map<number, number>();
  let [before, missing] = [line.returned, quantity];
  for (const part of shipments.flatMap(({ lines }) => lines)) {
    if (part.lineNo !== line.lineNo) continue;
    const taken = Math.min(Math.max(part.quantity - before, 0), missing);
    before = Math.max(before - part.quantity, 0);
    missing -= taken;
    const accountId = part.stockAccountId ?? 0;
    if (taken > 0) goals.set(accountId, (goals.get(accountId) ?? 0) + taken);
  }
  if (missing > 0) throw new Error(`line ${line.lineNo} was shipped less often than it says`);
  return [...goals].map(([accountId, count]) => {
    const shelf = accounts.get(accountId);
    if (shelf === undefined) throw new Error(`account ${accountId} was shipped from, and counts no product`);
    return { shelf, quantity: count };
  });
}
