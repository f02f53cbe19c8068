// The book: the accounts that a batch has locked, and the rules that decide what may be booked on them. Decisions are made
// here, in memory, item by item in arrival order; a refusal leaves no trace. `open-book.ts` locks and reads,
// `write-book.ts` writes what was decided. A single command is a batch of one: there is no second path.
//
// Always true: no account's available amount falls below zero; a journal's transfers are booked all or not at all; a hold is
// captured once or in parts, and its rest released or expired once, only by its owner; a journal is reversed once; every sum stays within PostgreSQL's bigint.
import { AMOUNT_MINOR_MAX, smaller } from "../../../values/money.ts";
import { type Refusal, refuse } from "../errors.ts";
import type {
  Balance,
  Capture,
  CaptureRequest,
  Hold,
  HoldRequest,
  JournalHeader,
  JournalRequest,
  Owner,
  PostedJournal,
  Transfer,
  TransferRequest,
} from "./journal.ts";
import { refuseStranger } from "./owner.ts";

/** A locked account, changed in memory as the batch is decided. A system account's sums start at zero: they are this batch's. */
export interface BookAccount {
  readonly id: number;
  readonly assetId: number;
  readonly system: boolean;
  readonly state: number;
  readonly creditLimit: bigint;
  debitsPosted: bigint;
  creditsPosted: bigint;
  debitsPending: bigint;
  /** Counts the changes of this row. */
  version: number;
  /** The version that was read; the row is written only if the version has grown, and only over the version that was read. */
  readonly openingVersion: number;
  /** The last stamp taken for the account, as far as was read: decisions on it take later ones. */
  readonly lastStamp: number;
  /** No active hold of the account expires before this stamp; null: none expires. */
  nextExpiry: number | null;
}

/** What was decided and is not written yet. */
export interface Decisions {
  readonly journals: (JournalHeader & {
    id: number;
    transferCount: number;
    reversedId?: number | undefined;
  })[];
  readonly transfers: Transfer[];
  readonly placedHolds: Hold[];
  /** By id; a hold that is placed and closed in one batch is in both. */
  readonly closedHolds: Map<number, Hold>;
  /** By id: holds of which parts were captured; one that was closed then is in both. */
  readonly drawnHolds: Map<number, Hold>;
  readonly captures: Capture[];
  readonly refusals: (JournalHeader & { id: number; code: string; transfer: TransferRequest })[];
}

export interface Book {
  readonly accounts: ReadonlyMap<number, BookAccount>;
  readonly holds: Map<number, Hold>;
  /** Reversed journal → the journal that reversed it. */
  readonly reversals: Map<number, number>;
  /** Time of the batch by the database's clock. Stamps are ahead of it where that clock was set back. */
  readonly now: number;
  /** The batch's time in stamps: the first stamp of its own. */
  readonly firstStamp: number;
  readonly lastStamp: number;
  nextStamp: number;
  /** The batch is decided on accounts as remembered, without locks, with stamps taken ahead; null: it is decided under locks. */
  readonly ahead: { readonly first: number; readonly settling: number } | null;
  /** How to undo what was decided; kept only while several things may have to fail together. */
  undoLog: (() => void)[] | null;
  readonly decisions: Decisions;
}

/** Books all transfers of a journal, or refuses it and books none. */
export function postJournal(book: Book, request: JournalRequest): PostedJournal | Refusal {
  const { reversedId } = request;
  const reversedBy = reversedId === undefined ? undefined : book.reversals.get(reversedId);
  if (reversedBy !== undefined) return refuse("already_reversed", { reversed_by: String(reversedBy) });
  if (request.transfers.length === 1) return bookTransfers(book, request);
  return allOrNothing(book, {
    decide: () => bookTransfers(book, request),
    failed: (outcome) => "refused" in outcome,
  });
}

/**
 * Lets `decide` book several things, and undoes them all where its result has `failed`, or where it throws. A lone transfer
 * books nothing before it is certain to succeed, so it does not need this.
 */
export function allOrNothing<T>(book: Book, step: { decide: () => T; failed: (result: T) => boolean }): T {
  const outerLog = book.undoLog;
  const log: (() => void)[] = [];
  book.undoLog = log;
  let kept = false;
  try {
    const result = step.decide();
    kept = !step.failed(result);
    return result;
  } finally {
    book.undoLog = outerLog;
    if (kept) outerLog?.push(...log);
    else for (const undo of log.reverse()) undo();
  }
}

function bookTransfers(
  book: Book,
  { transfers, reversedId, ...header }: JournalRequest,
): PostedJournal | Refusal {
  const id = takeStamps(book, transfers.length);
  const booked: Transfer[] = [];
  for (const [index, transfer] of transfers.entries()) {
    const outcome = bookTransfer(book, transfer, { id: id + index, journalId: id });
    if ("refused" in outcome) {
      return transfers.length === 1
        ? outcome
        : { ...outcome, details: { ...outcome.details, transfer_index: index } };
    }
    booked.push(outcome);
  }
  append(book, book.decisions.journals, { ...header, id, transferCount: booked.length, reversedId });
  if (reversedId !== undefined) setEntry(book, book.reversals, [reversedId, id]);
  return { id, transfers: booked };
}

/** Sets an amount aside on the debit account until it is captured, released or expires. */
export function placeHold(book: Book, request: HoldRequest): Hold | Refusal {
  const { debitAccountId, creditAccountId, amount, expiresAt, ...header } = request;
  const sides = findSides(book, request);
  if ("refused" in sides) return sides;
  const refusal = refuseAmount(sides, amount);
  if (refusal !== undefined) return refusal;
  const id = takeStamps(book, 1);
  setAside(book, sides.debit, { amount, expiresAt: expiresAt ?? null });
  const open = { state: "active", captured: 0n, expiresAt: expiresAt ?? null, closedAt: null } as const;
  const { kind, owner = null } = header;
  const hold: Hold = { id, kind, debitAccountId, creditAccountId, amount, ...open, owner };
  setEntry(book, book.holds, [id, hold]);
  append(book, book.decisions.placedHolds, hold);
  append(book, book.decisions.journals, { ...header, id, transferCount: 0 });
  return hold;
}

/** Captures what is left of a hold, or a part of it; the rest becomes available again. */
export function captureHold(
  book: Book,
  request: CaptureRequest,
): { hold: Hold; transfer: Transfer } | Refusal {
  const hold = findActiveHold(book, request.holdId, request.owner);
  if ("refused" in hold) return hold;
  const left = leftOf(hold);
  const amount = request.amount ?? left;
  if (amount > left || amount <= 0n) return refuse("capture_exceeds_hold");
  const sides = findSides(book, hold);
  if ("refused" in sides) return sides;
  if (overflows(sides.credit.creditsPosted + amount, sides.credit)) return refuse("amount_overflow");
  const id = takeStamps(book, 1);
  const end = { state: "captured", captured: hold.captured + amount, closedAt: id } as const;
  const captured = closeHold(book, hold, end);
  return { hold: captured, transfer: move(book, sides, { amount, id, journalId: hold.id }) };
}

/**
 * What is left of it becomes available again. A hold of which parts were captured ends as captured.
 * @param owner who asks; must be the hold's owner, where it has one
 */
export function releaseHold(book: Book, holdId: number, owner?: Owner): Hold | Refusal {
  const hold = findActiveHold(book, holdId, owner);
  return "refused" in hold ? hold : endUncaptured(book, hold, ["released", takeStamps(book, 1)]);
}

export function expireHold(book: Book, hold: Hold): Hold {
  return endUncaptured(book, hold, ["expired", book.firstStamp]);
}

function endUncaptured(
  book: Book,
  hold: Hold,
  [state, closedAt]: readonly ["released" | "expired", number],
): Hold {
  const { captured } = hold;
  return closeHold(book, hold, { state: captured > 0n ? "captured" : state, captured, closedAt });
}

/** What a hold still sets aside. */
export function leftOf({ amount, captured, state }: Pick<Hold, "amount" | "captured" | "state">): bigint {
  return state === "active" ? amount - captured : 0n;
}

/** Keeps a refused journal, so that its customer can find it. Returns its id. */
export function keepRefusal(
  book: Book,
  header: JournalHeader,
  refused: { transfer: TransferRequest; code: string },
): number {
  const id = takeStamps(book, 1);
  append(book, book.decisions.refusals, { ...header, ...refused, id });
  return id;
}

export function balanceOf(account: BookAccount): Balance {
  const balance = account.creditsPosted - account.debitsPosted;
  return { balance, available: availableOf(account), held: account.debitsPending, version: account.version };
}

interface Sides {
  readonly debit: BookAccount;
  readonly credit: BookAccount;
}

function bookTransfer(
  book: Book,
  request: TransferRequest,
  ids: { id: number; journalId: number },
): Transfer | Refusal {
  const sides = findSides(book, request);
  if ("refused" in sides) return sides;
  const amount =
    request.upToAvailable === true ? smaller(request.amount, availableOf(sides.debit)) : request.amount;
  if (request.fromHold !== undefined) return bookFromHold(book, request, { sides, ...ids });
  return refuseAmount(sides, amount) ?? move(book, sides, { ...ids, amount });
}

/** The part is available for a moment, and then moved: nobody else can take it in between. */
function bookFromHold(
  book: Book,
  { fromHold, amount }: TransferRequest,
  { sides, id, journalId }: { sides: Sides; id: number; journalId: number },
): Transfer | Refusal {
  const hold = findActiveHold(book, fromHold?.id ?? 0, fromHold?.owner);
  if ("refused" in hold) return hold;
  if (hold.debitAccountId !== sides.debit.id) return refuse("hold_not_found");
  if (amount > leftOf(hold) || amount <= 0n) return refuse("capture_exceeds_hold");
  if (overflows(sides.credit.creditsPosted + amount, sides.credit)) return refuse("amount_overflow");
  const captured = hold.captured + amount;
  if (captured === hold.amount) closeHold(book, hold, { state: "captured", captured, closedAt: id });
  else {
    free(book, sides.debit, amount);
    const drawn = { ...hold, captured };
    setEntry(book, book.holds, [hold.id, drawn]);
    setEntry(book, book.decisions.drawnHolds, [hold.id, drawn]);
  }
  append(book, book.decisions.captures, { transferId: id, holdId: hold.id, amount });
  return move(book, sides, { amount, id, journalId });
}

function findSides(
  book: Book,
  request: { debitAccountId: number; creditAccountId: number },
): Sides | Refusal {
  const debit = book.accounts.get(request.debitAccountId);
  const credit = book.accounts.get(request.creditAccountId);
  if (debit === undefined) return refuse("account_not_found", { account_id: String(request.debitAccountId) });
  if (credit === undefined)
    return refuse("account_not_found", { account_id: String(request.creditAccountId) });
  if (debit === credit) return refuse("same_account");
  if (debit.assetId !== credit.assetId) return refuse("asset_mismatch");
  const shut = debit.state !== 1 ? debit : credit;
  if (shut.state === 1) return { debit, credit };
  return refuse(shut.state === 2 ? "account_frozen" : "account_closed", { account_id: String(shut.id) });
}

function refuseAmount({ debit, credit }: Sides, amount: bigint): Refusal | undefined {
  if (amount <= 0n || amount > availableOf(debit))
    return refuse("insufficient_funds", { account_id: String(debit.id) });
  if (overflows(debit.debitsPosted + debit.debitsPending + amount, debit)) return refuse("amount_overflow");
  return overflows(credit.creditsPosted + amount, credit) ? refuse("amount_overflow") : undefined;
}

/** System accounts keep their sums as numeric, without bound. */
function overflows(sum: bigint, account: BookAccount): boolean {
  return !account.system && sum > AMOUNT_MINOR_MAX;
}

function availableOf(account: BookAccount): bigint {
  if (account.system) return AMOUNT_MINOR_MAX;
  return account.creditsPosted - account.debitsPosted - account.debitsPending + account.creditLimit;
}

function postedOf(account: BookAccount): bigint | null {
  return account.system ? null : account.creditsPosted - account.debitsPosted;
}

/** Moves an amount that is known to be allowed, and notes the transfer with the balances it leaves. */
function move(
  book: Book,
  { debit, credit }: Sides,
  what: { id: number; journalId: number; amount: bigint },
): Transfer {
  const { id, journalId, amount } = what;
  debit.debitsPosted += amount;
  credit.creditsPosted += amount;
  debit.version += 1;
  credit.version += 1;
  book.undoLog?.push(() => {
    debit.debitsPosted -= amount;
    credit.creditsPosted -= amount;
    debit.version -= 1;
    credit.version -= 1;
  });
  const after = { debitAfter: postedOf(debit), creditAfter: postedOf(credit) };
  const transfer = { id, journalId, debitAccountId: debit.id, creditAccountId: credit.id, amount, ...after };
  append(book, book.decisions.transfers, transfer);
  return transfer;
}

function setAside(
  book: Book,
  account: BookAccount,
  hold: { amount: bigint; expiresAt: number | null },
): void {
  const nextExpiry = account.nextExpiry;
  account.debitsPending += hold.amount;
  account.version += 1;
  if (hold.expiresAt !== null) account.nextExpiry = Math.min(hold.expiresAt, nextExpiry ?? hold.expiresAt);
  book.undoLog?.push(() => {
    account.debitsPending -= hold.amount;
    account.version -= 1;
    account.nextExpiry = nextExpiry;
  });
}

function findActiveHold(book: Book, id: number, owner: Owner | undefined): Hold | Refusal {
  const hold = book.holds.get(id);
  if (hold === undefined) return refuse("hold_not_found");
  const strange = refuseStranger(hold.owner, owner);
  if (strange !== undefined) return strange;
  return hold.state === "active" ? hold : refuse("hold_not_active", { hold_state: hold.state });
}

/** The one place where a hold ends: what it still set aside becomes available again. */
function closeHold(book: Book, hold: Hold, end: Pick<Hold, "state" | "captured" | "closedAt">): Hold {
  const account = book.accounts.get(hold.debitAccountId);
  if (account === undefined) throw new Error(`the account of hold ${hold.id} is not locked`);
  const closed = { ...hold, ...end };
  free(book, account, leftOf(hold));
  setEntry(book, book.holds, [hold.id, closed]);
  setEntry(book, book.decisions.closedHolds, [hold.id, closed]);
  return closed;
}

function free(book: Book, account: BookAccount, amount: bigint): void {
  account.debitsPending -= amount;
  account.version += 1;
  book.undoLog?.push(() => {
    account.debitsPending += amount;
    account.version -= 1;
  });
}

/** Takes stamps of the batch for other modules' rows, so that their ids sort with the book's. Counts against the scope. */
export function takeStamps(book: Book, count: number): number {
  const first = book.nextStamp;
  book.nextStamp += count;
  if (book.nextStamp > book.lastStamp + 1) throw new Error("the batch needs more stamps than it took");
  return first;
}

function append<T>(book: Book, list: T[], entry: T): void {
  list.push(entry);
  book.undoLog?.push(() => list.pop());
}

function setEntry<T>(book: Book, map: Map<number, T>, [key, value]: readonly [number, T]): void {
  const before = map.get(key);
  map.set(key, value);
  book.undoLog?.push(() => (before === undefined ? map.delete(key) : map.set(key, before)));
}
