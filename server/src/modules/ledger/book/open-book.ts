// Opens the book for a batch: locks the accounts it touches and reads everything needed to decide, in one round trip.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Assets } from "../accounts/assets.ts";
import { type Book, type BookAccount, expireHold } from "./book.ts";
import type { StampsAhead } from "./book-store.ts";
import * as store from "./book-store.ts";
import { ACCOUNT_STATES, type Hold } from "./journal.ts";

/** What a batch is going to touch. Unknown account ids do no harm: the decision refuses them. */
export interface BookScope {
  readonly accountIds: Iterable<number>;
  /** Holds to be captured or released. Their accounts must be among `accountIds`. */
  readonly holdIds?: readonly number[];
  /** Journals to be reversed. Their accounts must be among `accountIds`. */
  readonly reversedIds?: readonly number[];
  /** An upper bound on stamps: one for each transfer, hold, capture, release and refusal. */
  readonly stampCount: number;
  /** Sends reads that must come after the locks and before the stamps: everything they then see has older stamps. */
  readonly readAhead?: () => Promise<unknown>;
}

/**
 * Locks the accounts in id order until the transaction ends. One round trip, and two more when a hold on one of them has
 * passed its time: such holds are expired before anything is decided, so that their amounts are available.
 */
export async function openBook(
  tx: Tx,
  assets: Pick<Assets, "assetOfSystemAccount">,
  scope: BookScope,
): Promise<Book> {
  const ids = [...scope.accountIds];
  const system = openSystemAccounts(ids, assets);
  const holdIds = scope.holdIds ?? [];
  const reversedIds = scope.reversedIds ?? [];
  const [locked, holds, reversals, , time] = await Promise.all([
    store.lockAccounts(tx, toArray(ids)),
    holdIds.length === 0 ? [] : store.selectHolds(tx, holdIds),
    reversedIds.length === 0 ? new Map<number, number>() : store.selectReversals(tx, reversedIds),
    scope.readAhead?.(),
    store.takeStamps(tx, scope.stampCount),
  ]);
  const book = createBook({
    accounts: [...locked, ...system],
    holds,
    reversals,
    ...time,
    stampCount: scope.stampCount,
  });
  await expirePassedHolds(tx, book);
  return book;
}

/**
 * Opens the book on accounts as they are remembered, without locks: the decisions count only if `writeBook` finds the accounts
 * unchanged. Undefined where a hold on one of them is due, or later stamps were taken for one: these cases need the locks.
 */
export function openBookAhead(
  accounts: readonly BookAccount[],
  stamps: StampsAhead,
  { accountIds, assets }: { accountIds: readonly number[]; assets: Pick<Assets, "assetOfSystemAccount"> },
): Book | undefined {
  const { first, settling, clock, count } = stamps;
  const now = Math.min(first, clock);
  const isUnfit = accounts.some(
    ({ lastStamp, nextExpiry }) => lastStamp >= first || (nextExpiry !== null && nextExpiry <= now),
  );
  if (isUnfit) return undefined;
  return createBook({
    accounts: [
      ...accounts.map((account) => ({ ...account, openingVersion: account.version })),
      ...openSystemAccounts(accountIds, assets),
    ],
    holds: [],
    reversals: new Map(),
    firstStamp: first,
    now,
    stampCount: count,
    ahead: { first, settling },
  });
}

export function createBook(contents: {
  accounts: readonly BookAccount[];
  holds: readonly Hold[];
  reversals: Map<number, number>;
  firstStamp: number;
  now: number;
  stampCount: number;
  ahead?: Book["ahead"];
}): Book {
  const { firstStamp, now } = contents;
  return {
    accounts: new Map(contents.accounts.map((account) => [account.id, account])),
    holds: new Map(contents.holds.map((hold) => [hold.id, hold])),
    reversals: contents.reversals,
    now,
    firstStamp,
    nextStamp: firstStamp,
    lastStamp: firstStamp + contents.stampCount - 1,
    ahead: contents.ahead ?? null,
    undoLog: null,
    decisions: {
      ...{ journals: [], transfers: [], placedHolds: [], captures: [], refusals: [] },
      ...{ closedHolds: new Map(), drawnHolds: new Map() },
    },
  };
}

function openSystemAccounts(
  ids: readonly number[],
  assets: Pick<Assets, "assetOfSystemAccount">,
): BookAccount[] {
  return ids.flatMap((id) => openSystemAccount(id, assets.assetOfSystemAccount(id)));
}

/** A system account needs neither lock nor row: it has no lower limit, and in the book its sums begin at zero. */
function openSystemAccount(id: number, assetId: number | undefined): BookAccount[] {
  if (assetId === undefined) return [];
  const sums = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditLimit: 0n };
  return [
    {
      id,
      assetId,
      system: true,
      state: ACCOUNT_STATES.open,
      ...sums,
      version: 0,
      openingVersion: 0,
      lastStamp: 0,
      nextExpiry: null,
    },
  ];
}

async function expirePassedHolds(tx: Tx, book: Book): Promise<void> {
  const due = [...book.accounts.values()].filter(
    (account) => account.nextExpiry !== null && account.nextExpiry <= book.now,
  );
  if (due.length === 0) return;
  const ids = due.map((account) => account.id);
  const [expired, nextExpiries] = await Promise.all([
    store.selectExpiredHolds(tx, ids, book.now),
    store.selectNextExpiries(tx, ids, book.now),
  ]);
  for (const hold of expired) expireHold(book, hold);
  for (const account of due) {
    account.nextExpiry = nextExpiries.get(account.id) ?? null;
    account.version += 1;
  }
}
