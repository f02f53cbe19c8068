// How staff handle goods that an order has reserved, without taking them from the order: write off what is broken or gone, move
// what is to leave from another location, reserve again what could not be replaced. Held units plus short units always equal
// the open units, and changes of stock are reported like the storekeeper's own bookings.
import { AppError, refusedField } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import {
  type AdjustmentReason,
  type BookedLine,
  bookFreedUnits,
  findShelves,
  openShelves,
  reserveAvailable,
  type StockAccount,
  type StockByProduct,
  sellingOf,
  tellOfStock,
  unitAccounts,
  type WantedShelf,
} from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "../changing/change-order.ts";
import { saveOrder } from "../changing/save-order.ts";
import { isFinal } from "../changing/states.ts";
import { lineError, orderError } from "../errors.ts";
import type { Order, OrderLine } from "../order.ts";
import type { OrderServices } from "../services.ts";
import { addHolds, freeHeld, heldByAccount, purposeOf } from "./held-units.ts";

interface ReservedItem {
  readonly lineNo: number;
  readonly quantity: number;
  /** The location they lie at; undefined: the only one of the line. */
  readonly locationId?: number | undefined;
}

export interface WriteOff {
  readonly items: readonly (ReservedItem & { readonly reason: AdjustmentReason })[];
  readonly note?: string | undefined;
}

export interface Move {
  readonly items: readonly (ReservedItem & { readonly to: NonNullable<WantedShelf["location"]> })[];
  readonly note?: string | undefined;
}

/** Units written off, and two for a hold that they are taken from; then one for each account that others are taken from. */
const STAMPS_OF_ITEM = 4;

/**
 * An act that writes off reserved units: they are gone, and others are reserved instead as far as there are any; the missing
 * ones are the line's `short`. Refuses `order_state_forbids`, `order_cancel_pending`, `shipping_stopped`,
 * `quantity_exceeds_open`, `location_ambiguous`, `insufficient_stock` (units that were sold before they arrived).
 */
export function writeOffUnits(services: OrderServices, { items, note }: WriteOff): OrderAct {
  let shelves: StockByProduct = new Map();
  let selling: StockByProduct = new Map();
  return {
    event: "order.write_off",
    extra: async (order) => {
      const productIds = productsOf(order, items);
      const found = await findShelves(services.db, productIds);
      [shelves, selling] = [found, sellingOf(found)];
      const accounts = [...shelves.values()].flat();
      return scopeOf(services, { accounts, itemCount: items.length });
    },
    decide: (desk, found) =>
      change(desk, found, {
        items,
        shelves,
        event: "written_off",
        topic: "stock.adjusted",
        note,
        book: (line, { item, account }) => {
          const quantity = item.quantity;
          const actor = found.actor;
          const booked = bookFreedUnits(desk, {
            ...{ actor, account, quantity, reason: item.reason, note },
            reference: `order ${found.order.id}`,
          });
          if (booked instanceof AppError) return booked;
          const reserved = reserveAvailable(
            desk,
            { productId: account.productId, quantity, ...purposeOf(found.order, actor.id) },
            selling.get(account.productId) ?? [],
          );
          if (reserved instanceof AppError) return reserved;
          const { holds, missing } = reserved;
          const after = addHolds({ ...line, short: line.short + missing }, holds);
          const told = `${quantity} of line ${line.lineNo} ${item.reason}${missing === 0 ? "" : `, ${missing} short`}`;
          return { line: after, booked, told };
        },
      }),
  };
}

/**
 * An act that moves reserved units to another location, where they stay reserved. Opens the stock of a product at a location
 * where it had none before. Refuses as `writeOffUnits`. @throws AppError `not_found/location_not_found` naming the field
 */
export function moveUnits(services: OrderServices, { items, note }: Move): OrderAct {
  let shelves: StockByProduct = new Map();
  let targets: readonly StockAccount[] = [];
  return {
    event: "order.move",
    extra: async (order) => {
      const lines = findLines(order, items);
      if (lines instanceof AppError) return {};
      targets = await openShelves(
        services,
        lines.map(({ productId }, index) => ({ productId: productId ?? 0, location: items[index]?.to })),
      );
      shelves = await findShelves(services.db, productsOf(order, items));
      return scopeOf(services, { accounts: [...shelves.values()].flat(), itemCount: items.length });
    },
    decide: (desk, found) =>
      change(desk, found, {
        items,
        shelves,
        event: "moved",
        topic: "stock.transferred",
        note,
        book: (line, { item, account, index }) => {
          const to = targets[index];
          if (to === undefined || to.accountId === account.accountId)
            return refusedField(
              `items[${index}].to_location_id`,
              "must be another location than where they lie",
            );
          const { quantity } = item;
          const { order, actor } = found;
          const reference = `order ${order.id}`;
          const booked = bookFreedUnits(desk, { actor, account, quantity, to, note, reference });
          if (booked instanceof AppError) return booked;
          const purpose = purposeOf(order, actor.id);
          const request = { productId: account.productId, quantity, ...purpose };
          const reserved = reserveAvailable(desk, request, [to]);
          if (reserved instanceof AppError) return reserved;
          const told = `${quantity} of line ${line.lineNo} to location ${to.locationId}`;
          return { line: addHolds(line, reserved.holds), booked, told };
        },
      }),
  };
}

function scopeOf(
  { assets }: OrderServices,
  { accounts, itemCount }: { accounts: readonly StockAccount[]; itemCount: number },
) {
  return {
    accountIds: [unitAccounts(assets).world, ...accounts.map(({ accountId }) => accountId)],
    stampCount: itemCount * (STAMPS_OF_ITEM + accounts.length),
  };
}

function productsOf(order: Order, items: readonly ReservedItem[]): number[] {
  const named = new Set(items.map(({ lineNo }) => lineNo));
  return [
    ...new Set(order.lines.flatMap(({ lineNo, productId }) => (named.has(lineNo) ? (productId ?? []) : []))),
  ];
}

/** The lines of the items, whose stock must be kept. Refuses `quantity_exceeds_open`, naming the item. */
function findLines(order: Order, items: readonly ReservedItem[]): OrderLine[] | AppError {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const found: OrderLine[] = [];
  for (const [index, { lineNo }] of items.entries()) {
    const line = lines.get(lineNo);
    if (line === undefined || !line.tracksStock) {
      const reason =
        line === undefined
          ? `the order has no line ${lineNo}`
          : `line ${lineNo} is of what no stock is kept of`;
      return lineError("quantity_exceeds_open", { index, field: "line", reason });
    }
    found.push(line);
  }
  return found;
}

interface Change<Item extends ReservedItem> {
  readonly items: readonly Item[];
  readonly shelves: StockByProduct;
  readonly event: string;
  readonly topic: "stock.adjusted" | "stock.transferred";
  readonly note: string | undefined;
  /** Handles an item's units, which have been freed and lie on the account. */
  readonly book: (
    line: OrderLine,
    of: { item: Item; account: StockAccount; index: number },
  ) => { line: OrderLine; booked: BookedLine; told: string } | AppError;
}

function change<Item extends ReservedItem>(
  desk: Desk,
  found: FoundOrder,
  changing: Change<Item>,
): Decision | AppError {
  const { order, payment, actor } = found;
  const refused = refuseWithoutHolds(order) ?? findLines(order, changing.items);
  if (refused instanceof AppError) return refused;
  const changed = allOrNothing<Changed | AppError>(desk.book, {
    decide: () => changeLines(desk, found, changing),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (changed instanceof AppError) return changed;
  const { topic, note, event } = changing;
  tellOfStock(desk, topic, { items: changed.booked, reference: `order ${order.id}`, note });
  const told = changed.told.join("; ");
  const saved = saveOrder(desk, order, {
    set: { lines: changed.lines },
    event,
    note: note === undefined ? told : `${told}: ${note}`,
    actorId: actor.id,
    payment,
    lines: "progress",
  });
  return answerWith(desk, saved, payment);
}

/** An order or line that has ended, is about to end or was stopped holds nothing. */
export function refuseWithoutHolds(order: Order): AppError | undefined {
  if (isFinal(order.state)) return orderError("order_state_forbids", { order_status: order.state });
  if (order.shippingStop !== "none")
    return orderError("shipping_stopped", { shipping_stop: order.shippingStop });
  return refuseCancelling(order);
}

interface Changed {
  readonly lines: readonly OrderLine[];
  readonly booked: readonly BookedLine[];
  readonly told: readonly string[];
}

function changeLines<Item extends ReservedItem>(
  desk: Desk,
  { order, actor }: FoundOrder,
  { items, shelves, book }: Change<Item>,
): Changed | AppError {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const [booked, told]: [BookedLine[], string[]] = [[], []];
  for (const [index, item] of items.entries()) {
    const line = lines.get(item.lineNo);
    if (line === undefined) continue;
    const account = findHeld(desk, line, { item, index, shelves });
    if (account instanceof AppError) return account;
    const { quantity } = item;
    const { accountId } = account;
    const freed = freeHeld(desk, line, { order, actorId: actor.id, quantity, accountId });
    if (freed instanceof AppError) return freed;
    const after = book(freed, { item, account, index });
    if (after instanceof AppError) return after;
    lines.set(item.lineNo, after.line);
    booked.push(after.booked);
    told.push(after.told);
  }
  return { lines: [...lines.values()], booked, told };
}

/** Where the item's units lie. Refuses `quantity_exceeds_open`, `location_ambiguous`, naming the item. */
function findHeld(
  desk: Desk,
  line: OrderLine,
  {
    item: { quantity, locationId },
    index,
    shelves,
  }: { item: ReservedItem; index: number; shelves: StockByProduct },
): StockAccount | AppError {
  const held = heldByAccount(desk, line);
  const accounts = (shelves.get(line.productId ?? 0) ?? []).filter(({ accountId }) => held.has(accountId));
  const wanted = accounts.filter((account) => locationId === undefined || account.locationId === locationId);
  const [account, other] = wanted;
  if (account !== undefined && other !== undefined) {
    const places = wanted.map((each) => each.locationId).join(" and ");
    const reason = `line ${line.lineNo} lies at locations ${places}: say which`;
    return lineError("location_ambiguous", { index, field: "location_id", reason });
  }
  const count = account === undefined ? 0 : (held.get(account.accountId) ?? 0);
  if (account !== undefined && quantity <= count) return account;
  const where = locationId === undefined ? "" : ` at location ${locationId}`;
  const reason = `${count} of line ${line.lineNo} are reserved${where}`;
  return lineError("quantity_exceeds_open", { index, field: "quantity", reason });
}
