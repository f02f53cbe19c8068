// What a storekeeper books: receipts, adjustments, transfers between locations, stocktakes. Each is one command at the
// desk that books all of its lines or none; each line is a journal of its own, so that a product's history shows its purpose.
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import type { Actor } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import type { Origin } from "../../../values/origin.ts";
import type { BookCommand, Decision, Desk, RowWriter } from "../../desk/index.ts";
import {
  type Assets,
  allOrNothing,
  balanceOf,
  isRefusal,
  ledgerError,
  postJournal,
  type Refusal,
  takeStamps,
} from "../../ledger/index.ts";
import { inventoryError } from "../errors.ts";
import { type StockAccount, type StockDesk, toSums, unitAccounts } from "../stock/stock.ts";
import { insertStocktakes, type StocktakeRow } from "./stocktake-store.ts";

export const ADJUSTMENT_REASONS = [
  "correction",
  "damaged",
  "expired",
  "found",
  "lost",
  "sample",
  "stolen",
  "returned_to_supplier",
  "other",
] as const;
export type AdjustmentReason = (typeof ADJUSTMENT_REASONS)[number];

export interface StockContext {
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
  readonly assets: Assets;
}

/** One line: an account and how many units come to it (below zero: leave it). */
export interface StockLine {
  readonly account: Pick<StockAccount, "productId" | "locationId" | "accountId">;
  readonly quantity: number;
  readonly reason?: AdjustmentReason | undefined;
  /** The account that receives the units, for a transfer between locations. */
  readonly to?: Pick<StockAccount, "locationId" | "accountId">;
}

/** Why the goods move, in the words of the person who moves them. */
export interface Purpose {
  readonly reference?: string | undefined;
  readonly note?: string | undefined;
}

type Act = "receipt" | "adjustment" | "transfer" | "stocktake";

interface Movement {
  readonly line: StockLine;
  readonly from: number;
  readonly to: number;
  readonly quantity: bigint;
  readonly act: Act;
}

/** A command that books goods that came in. Locks the accounts. */
export function buildReceiptCommand(
  context: StockContext,
  request: Purpose & { lines: readonly StockLine[] },
): BookCommand {
  const { world } = unitAccounts(context.assets);
  const movements = request.lines.map((line) => toMovement(line, { world, act: "receipt" }));
  return buildMovementsCommand(context, request, {
    event: "stock.receive",
    topic: "stock.received",
    movements,
  });
}

/** A command that corrects what is on hand, up or down. Refuses `insufficient_stock`: reserved units cannot be written off. */
export function buildAdjustmentCommand(
  context: StockContext,
  request: Purpose & { lines: readonly StockLine[] },
): BookCommand {
  const { world } = unitAccounts(context.assets);
  const movements = request.lines.map((line) => toMovement(line, { world, act: "adjustment" }));
  return buildMovementsCommand(context, request, {
    event: "stock.adjust",
    topic: "stock.adjusted",
    movements,
  });
}

/** A command that moves goods from one location to another. Refuses `insufficient_stock`. */
export function buildStockTransferCommand(
  context: StockContext,
  request: Purpose & { lines: readonly (StockLine & Required<Pick<StockLine, "to">>)[] },
): BookCommand {
  const movements = request.lines.map(
    (line): Movement => ({
      line,
      from: line.account.accountId,
      to: line.to.accountId,
      quantity: BigInt(line.quantity),
      act: "transfer",
    }),
  );
  return buildMovementsCommand(context, request, {
    event: "stock.transfer",
    topic: "stock.transferred",
    movements,
  });
}

function toMovement(line: StockLine, { world, act }: { world: number; act: Act }): Movement {
  const { accountId } = line.account;
  const quantity = BigInt(Math.abs(line.quantity));
  return line.quantity > 0
    ? { line, from: world, to: accountId, quantity, act }
    : { line, from: accountId, to: world, quantity, act };
}

function buildMovementsCommand(
  { actor, key, origin }: StockContext,
  purpose: Purpose,
  what: { event: string; topic: string; movements: readonly Movement[] },
): BookCommand {
  const { event, topic, movements } = what;
  const accountIds = movements.flatMap(({ from, to }) => [from, to]);
  return {
    event,
    actor,
    key,
    origin,
    scope: { accountIds, stampCount: movements.length },
    decide: (desk) => decideAll(desk, { actor, purpose, topic, movements }),
  };
}

function decideAll(
  desk: Desk,
  what: { actor: Actor; purpose: Purpose; topic: string; movements: readonly Movement[] },
): Decision | AppError {
  const { actor, purpose, topic, movements } = what;
  const booked = allOrNothing<BookedLine[] | AppError>(desk.book, {
    decide: () => bookInTurn(desk, { actor, purpose }, movements),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (booked instanceof AppError) return booked;
  const document = tellOfStock(desk, topic, { ...purpose, items: booked });
  return { answer: document, counted: [], resource: resourceOf(movements) };
}

/** For the audit trail: the product, where the account counts one. */
function resourceOf(movements: readonly { line: Pick<StockLine, "account"> }[]): Decision["resource"] {
  const productIds = new Set(movements.map(({ line }) => line.account.productId));
  const [only, ...others] = productIds;
  return only === undefined || others.length > 0 ? undefined : { type: "product", id: String(only) };
}

/** What a line booked, and how much is then at its location. */
export interface BookedLine {
  readonly id: string;
  readonly product_id: number;
  readonly location_id: number;
  readonly to_location_id?: number;
  readonly quantity: number;
  readonly reason: AdjustmentReason | null;
  readonly on_hand: number;
  readonly reserved: number;
  readonly available: number;
}

/** Units that are no longer reserved and are written off or moved elsewhere, inside the command that had reserved them. */
export interface FreedUnits extends Purpose {
  readonly actor: Actor;
  readonly account: StockLine["account"];
  readonly quantity: number;
  /** Why they are written off; undefined: they are not, but move to `to`. */
  readonly reason?: AdjustmentReason | undefined;
  readonly to?: StockLine["to"];
}

/**
 * Books one movement of freed units, as a storekeeper's adjustment or transfer would. Takes a stamp. Within `allOrNothing`.
 * Refuses `insufficient_stock` where fewer units lie there.
 */
export function bookFreedUnits(
  desk: StockDesk,
  { actor, account, quantity, reason, to, ...purpose }: FreedUnits,
): BookedLine | AppError {
  const { accountId, locationId, productId } = account;
  const { on_hand: onHand } = readSums(desk, accountId);
  if (onHand < quantity) {
    const message = `${Math.max(onHand, 0)} of product ${productId} lie at location ${locationId}`;
    return inventoryError("insufficient_stock", { message, product_id: productId, available: onHand });
  }
  const movement: Movement = {
    line: {
      account,
      quantity: to === undefined ? -quantity : quantity,
      reason,
      ...(to === undefined ? {} : { to }),
    },
    from: accountId,
    to: to?.accountId ?? unitAccounts(desk.assets).world,
    quantity: BigInt(quantity),
    act: to === undefined ? "adjustment" : "transfer",
  };
  const booked = bookInTurn(desk, { actor, purpose }, [movement]);
  return booked instanceof AppError ? booked : (booked[0] as BookedLine);
}

/** Appends the same events as for a storekeeper's own bookings. Call this only after the last step that may refuse. */
export function tellOfStock(
  desk: Desk,
  topic: string,
  { items, reference, note }: Purpose & { items: readonly BookedLine[] },
): string {
  const document = JSON.stringify({ items, reference: reference ?? null, note: note ?? null });
  desk.events.push({ topic, payload: document });
  return document;
}

function bookInTurn(
  desk: StockDesk,
  { actor, purpose }: { actor: Actor; purpose: Purpose },
  movements: readonly Movement[],
): BookedLine[] | AppError {
  const lines: BookedLine[] = [];
  for (const [index, movement] of movements.entries()) {
    const { line, from, to, quantity, act } = movement;
    const { reason } = line;
    const { productId, locationId } = line.account;
    const posted = postJournal(desk.book, {
      kind: "SYSTEM_ADJUSTMENT",
      actorId: actor.id,
      reference: purpose.reference,
      metadata: JSON.stringify({ act, reason, note: purpose.note, product_id: productId }),
      transfers: [{ debitAccountId: from, creditAccountId: to, amount: quantity }],
    });
    if (isRefusal(posted)) return refuseLine(desk, posted, { line, index });
    lines.push({
      id: String(posted.id),
      product_id: productId,
      location_id: locationId,
      ...(line.to === undefined ? {} : { to_location_id: line.to.locationId }),
      quantity: line.quantity,
      reason: reason ?? null,
      ...readSums(desk, line.account.accountId),
    });
  }
  return lines;
}

function readSums(
  desk: StockDesk,
  accountId: number,
): Pick<BookedLine, "on_hand" | "reserved" | "available"> {
  const account = desk.book.accounts.get(accountId);
  if (account === undefined) throw new Error(`account ${accountId} is not locked`);
  const { onHand, reserved, available } = toSums({ ...balanceOf(account), creditLimit: account.creditLimit });
  return { on_hand: onHand, reserved, available };
}

function refuseLine(
  desk: StockDesk,
  { refused, details }: Refusal,
  { line, index }: { line: StockLine; index: number },
): AppError {
  if (refused !== "insufficient_funds") return ledgerError(refused, details);
  const { productId, locationId, accountId } = line.account;
  const { available } = readSums(desk, accountId);
  const asked = Math.abs(line.quantity);
  const reason = `product ${productId} has ${available} available at location ${locationId}, ${asked} would leave it; what an order has reserved is written off or moved by POST /orders/{id}/write-off or /orders/{id}/move`;
  return inventoryError("insufficient_stock", {
    message: reason,
    fields: [{ field: `items[${index}].quantity`, reason }],
    product_id: productId,
    location_id: locationId,
    requested: asked,
    available,
  });
}

export interface CountedLine {
  readonly account: Pick<StockAccount, "productId" | "locationId" | "accountId">;
  readonly counted: number;
  /** Units on hand when counting began; undefined: the units on hand at booking. */
  readonly expected?: number | undefined;
}

const STOCKTAKES: RowWriter<StocktakeRow> = { name: "stocktakes", write: insertStocktakes };

/**
 * A command that books the differences of a count. With `expected` (the units on hand when counting began),
 * units sold between counting and booking do not count as a difference.
 */
export function buildStocktakeCommand(
  { actor, key, origin, assets }: StockContext,
  request: Purpose & { locationId: number; lines: readonly CountedLine[] },
): BookCommand {
  const { world } = unitAccounts(assets);
  const accountIds = [world, ...request.lines.map(({ account }) => account.accountId)];
  return {
    event: "stock.count",
    actor,
    key,
    origin,
    scope: { accountIds, stampCount: request.lines.length + 1 },
    decide: (desk) => decideCount(desk, actor, { ...request, world }),
  };
}

function decideCount(
  desk: Desk,
  actor: Actor,
  request: Purpose & { locationId: number; world: number; lines: readonly CountedLine[] },
): Decision | AppError {
  const { locationId, world, lines, reference, note } = request;
  const id = takeStamps(desk.book, 1);
  const counts = lines.map((line) => {
    const { on_hand } = readSums(desk, line.account.accountId);
    return { ...line, expected: line.expected ?? on_hand, onHand: on_hand };
  });
  const differing = counts
    .map((count) => ({ account: count.account, quantity: count.counted - count.expected }))
    .filter(({ quantity }) => quantity !== 0);
  const purpose = { reference: reference ?? `stocktake ${id}`, note };
  const movements = differing.map((line) => toMovement(line, { world, act: "stocktake" }));
  const booked = allOrNothing<BookedLine[] | AppError>(desk.book, {
    decide: () => bookInTurn(desk, { actor, purpose }, movements),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (booked instanceof AppError) return booked;
  const bookedOf = new Map(booked.map((line) => [line.product_id, line]));
  const items = counts.map(({ account: { productId }, counted, expected, onHand }) => ({
    product_id: productId,
    counted,
    expected,
    difference: counted - expected,
    movement_id: bookedOf.get(productId)?.id ?? null,
    on_hand: bookedOf.get(productId)?.on_hand ?? onHand,
  }));
  desk.rows.add(STOCKTAKES, { id, locationId, actorId: actor.id, reference: reference ?? null, items });
  const document = JSON.stringify({
    id: String(id),
    location_id: locationId,
    reference: reference ?? null,
    items,
  });
  desk.events.push({ topic: "stock.counted", payload: document });
  return { answer: document, counted: [], resource: { type: "stocktake", id: String(id) } };
}
