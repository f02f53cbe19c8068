// What an order does with stock, as decisions on the book of a batch: reserve, release, ship, take back. Each command of
// the batch, and each line of an order, sees what the ones before it left: two lines of one product add up, and
// where two buyers want the last unit, the second is refused.
import { AppError } from "../../../values/app-error.ts";
import {
  allOrNothing,
  balanceOf,
  captureHold,
  type Hold,
  isRefusal,
  ledgerError,
  releaseHold as loosenHold,
  type Owner,
  type PostedJournal,
  placeHold,
  postJournal,
  type Refusal,
  type Transfer,
} from "../../ledger/index.ts";
import { inventoryError } from "../errors.ts";
import { type StockAccount, type StockDesk, unitAccounts } from "../stock/stock.ts";

/** Who acts and why: kept with every movement. */
export interface StockPurpose {
  /** "order 1795424400123456". */
  readonly reference: string;
  readonly actorId: string;
  /** The owner: only its commands may release, ship or undo it. */
  readonly owner: Owner;
}

export interface ReservationRequest extends StockPurpose {
  readonly productId: number;
  readonly quantity: number;
  /** Stamp; undefined: until it is shipped or released. */
  readonly expiresAt?: number | undefined;
}

/**
 * Accounts that a command must have in its scope to reserve from, release to, ship from or return to these accounts.
 * Stamps: reserving takes at most one per account, releasing one per hold, shipping two per hold, returning one.
 */
export function stockScope(assets: StockDesk["assets"], accounts: readonly StockAccount[]): number[] {
  return [...accounts.map(({ accountId }) => accountId), unitAccounts(assets).sold];
}

/**
 * Sets units aside, at most one hold per location: first what lies there, in the order of `accounts`, then what may be
 * sold before it arrives. All of the quantity or nothing; a refusal is returned and leaves no trace.
 * Refuses `insufficient_stock` (naming product, requested and available), `product_not_stocked`.
 */
export function reserveStock(
  desk: StockDesk,
  request: ReservationRequest,
  accounts: readonly StockAccount[],
): Hold[] | AppError {
  const { productId, quantity } = request;
  if (accounts.length === 0) return inventoryError("product_not_stocked", { product_id: productId });
  const { shares, missing } = share(desk, BigInt(quantity), accounts);
  if (missing > 0n) {
    return refuseShort({ productId, quantity, available: Number(BigInt(quantity) - missing) });
  }
  const [only, ...others] = shares;
  if (only === undefined) throw new Error("a reservation of nothing");
  if (others.length === 0) return placeHolds(desk, request, shares);
  return allOrNothing(desk.book, {
    decide: () => placeHolds(desk, request, shares),
    failed: (outcome) => outcome instanceof AppError,
  });
}

export function refuseShort({
  productId,
  quantity,
  available,
}: {
  productId: number;
  quantity: number;
  available: number;
}): AppError {
  return inventoryError("insufficient_stock", {
    message: `product ${productId}: ${quantity} asked for, ${available} available`,
    product_id: productId,
    requested: quantity,
    available,
  });
}

export interface Reserved {
  readonly holds: readonly Hold[];
  /** The units that none of the accounts could give. */
  readonly missing: number;
}

/** As `reserveStock`, but reserves as much of the quantity as there is. Within `allOrNothing`. */
export function reserveAvailable(
  desk: StockDesk,
  request: ReservationRequest,
  accounts: readonly StockAccount[],
): Reserved | AppError {
  const { shares, missing } = share(desk, BigInt(request.quantity), accounts);
  const holds = placeHolds(desk, request, shares);
  return holds instanceof AppError ? holds : { holds, missing: Number(missing) };
}

interface Share {
  readonly accountId: number;
  readonly amount: bigint;
}

/** How much of the quantity each account gives; `missing` is the part that none can give. */
function share(
  { book }: StockDesk,
  quantity: bigint,
  accounts: readonly StockAccount[],
): { shares: Share[]; missing: bigint } {
  let missing = quantity;
  const given = new Map<number, bigint>();
  const take = (accountId: number, free: bigint) => {
    const amount = free < missing ? free : missing;
    if (amount <= 0n) return;
    given.set(accountId, (given.get(accountId) ?? 0n) + amount);
    missing -= amount;
  };
  const opened = accounts.flatMap(({ accountId }) => book.accounts.get(accountId) ?? []);
  for (const account of opened) {
    const { balance, held } = balanceOf(account);
    take(account.id, balance - held);
  }
  for (const account of opened) {
    if (missing === 0n) break;
    take(account.id, balanceOf(account).available - (given.get(account.id) ?? 0n));
  }
  return { shares: [...given].map(([accountId, amount]) => ({ accountId, amount })), missing };
}

function placeHolds(
  { book, assets }: StockDesk,
  { reference, actorId, owner, expiresAt }: ReservationRequest,
  shares: readonly Share[],
): Hold[] | AppError {
  const { sold } = unitAccounts(assets);
  const holds: Hold[] = [];
  for (const { accountId, amount } of shares) {
    const what = { kind: "ORDER_HOLD", actorId, owner, reference, expiresAt } as const;
    const hold = placeHold(book, { ...what, debitAccountId: accountId, creditAccountId: sold, amount });
    if (isRefusal(hold)) return toError(hold);
    holds.push(hold);
  }
  return holds;
}

/**
 * Gives reserved units back to the available stock, all or none.
 * Refuses `hold_not_found`, `owned_by_another`, `hold_not_active` (naming the state).
 */
export function releaseStock(
  { book }: StockDesk,
  { holdIds, owner }: { holdIds: readonly number[]; owner: Owner },
): Hold[] | AppError {
  return allOrNothing<Hold[] | AppError>(book, {
    decide: () => {
      const released: Hold[] = [];
      for (const id of holdIds) {
        const hold = loosenHold(book, id, owner);
        if (isRefusal(hold)) return toError(hold);
        released.push(hold);
      }
      return released;
    },
    failed: (outcome) => outcome instanceof AppError,
  });
}

/**
 * Gives `quantity` of a hold's units back to the available stock. The rest stays reserved, as a new hold with the same end.
 * Takes two stamps. Refuses as `releaseStock`.
 */
export function releaseUnits(
  { book }: StockDesk,
  { id: holdId }: Pick<Hold, "id">,
  { quantity, ...purpose }: StockPurpose & { quantity: number },
): { rest: Hold | undefined } | AppError {
  const before = book.holds.get(holdId);
  return allOrNothing<{ rest: Hold | undefined } | AppError>(book, {
    decide: () => {
      const released = loosenHold(book, holdId, purpose.owner);
      if (isRefusal(released)) return toError(released);
      return holdRest(book, released, {
        ...purpose,
        left: released.amount - BigInt(quantity),
        expiresAt: before?.expiresAt,
      });
    },
    failed: (outcome) => outcome instanceof AppError,
  });
}

/** Keeps the rest of an ended hold by a hold of its own. */
function holdRest(
  book: StockDesk["book"],
  { debitAccountId, creditAccountId }: Hold,
  {
    left: amount,
    expiresAt,
    reference,
    actorId,
    owner,
  }: StockPurpose & { left: bigint; expiresAt: number | null | undefined },
): { rest: Hold | undefined } | AppError {
  if (amount === 0n) return { rest: undefined };
  const what = { kind: "ORDER_HOLD", actorId, owner, reference, amount } as const;
  const sides = { debitAccountId, creditAccountId, expiresAt: expiresAt ?? undefined };
  const rest = placeHold(book, { ...what, ...sides });
  return isRefusal(rest) ? toError(rest) : { rest };
}

export interface Shipment {
  readonly transfer: Transfer;
  /** The hold of what stays reserved for a later shipment; undefined where all was shipped. */
  readonly rest: Hold | undefined;
}

/**
 * Ships `quantity` of a hold's units: they leave the house. The rest stays reserved, as a new hold with the
 * same end. The purpose must be that of the reservation.
 * Refuses `hold_not_found`, `owned_by_another`, `hold_not_active`, `capture_exceeds_hold`.
 */
export function shipStock(
  { book }: StockDesk,
  { id: holdId }: Pick<Hold, "id">,
  { quantity, reference, actorId, owner }: StockPurpose & { quantity: number },
): Shipment | AppError {
  const before = book.holds.get(holdId);
  return allOrNothing<Shipment | AppError>(book, {
    decide: () => {
      const captured = captureHold(book, { holdId, amount: BigInt(quantity), owner });
      if (isRefusal(captured)) return toError(captured);
      const { hold, transfer } = captured;
      const kept = holdRest(book, hold, {
        reference,
        actorId,
        owner,
        left: hold.amount - hold.captured,
        expiresAt: before?.expiresAt,
      });
      return kept instanceof AppError ? kept : { transfer, ...kept };
    },
    failed: (outcome) => outcome instanceof AppError,
  });
}

/** Puts returned units of an order back on the shelf. Refuses what the book refuses, such as `account_closed`. */
export function returnStock(
  { book, assets }: StockDesk,
  {
    productId,
    accountId,
    quantity,
    reference,
    actorId,
    owner,
  }: StockPurpose & { productId: number; accountId: number; quantity: number },
): PostedJournal | AppError {
  const { sold } = unitAccounts(assets);
  const movement = { debitAccountId: sold, creditAccountId: accountId, amount: BigInt(quantity) };
  const metadata = JSON.stringify({ product_id: productId, reason: "return" });
  const posted = postJournal(book, {
    kind: "ORDER_REFUND",
    actorId,
    owner,
    reference,
    metadata,
    transfers: [movement],
  });
  return isRefusal(posted) ? toError(posted) : posted;
}

function toError({ refused, details }: Refusal): AppError {
  return ledgerError(refused, details);
}
