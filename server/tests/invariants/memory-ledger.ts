// The product's book without a database: what a batch decided is kept in maps, exactly as `write-book.ts` would write it
// (from the book's decisions and changed accounts, nothing else). For properties that need thousands of runs.
import type { BookCommand, Decision, Desk } from "../../src/modules/desk/index.ts";
import { type Book, type BookAccount, expireHold } from "../../src/modules/ledger/book/book.ts";
import type { Hold, Transfer } from "../../src/modules/ledger/book/journal.ts";
import { createBook } from "../../src/modules/ledger/book/open-book.ts";
import type { Asset, Assets } from "../../src/modules/ledger/index.ts";
import type { AppError } from "../../src/values/app-error.ts";

export interface MemoryLedger {
  readonly accounts: Map<number, BookAccount>;
  readonly holds: Map<number, Hold>;
  readonly transfers: Transfer[];
  /** Decides a batch at the moment `now` and keeps what it decided. */
  readonly commit: (commands: readonly BookCommand[], now: number) => (Decision | AppError)[];
}

export interface MemoryAccount {
  readonly id: number;
  readonly assetId: number;
  readonly system: boolean;
}

export function createMemoryLedger(opened: readonly MemoryAccount[], assets: Assets): MemoryLedger {
  const accounts = new Map(opened.map((account) => [account.id, emptyAccount(account)]));
  const holds = new Map<number, Hold>();
  const transfers: Transfer[] = [];
  const reversals = new Map<number, number>();
  let lastStamp = 0;

  function commit(commands: readonly BookCommand[], now: number): (Decision | AppError)[] {
    const book = open(commands, Math.max(now, lastStamp + 1));
    lastStamp = book.lastStamp;
    const desk = deskOf(book, assets);
    const outcomes = commands.map((command) => command.decide(desk));
    keep(book);
    return outcomes;
  }

  function open(commands: readonly BookCommand[], firstStamp: number): Book {
    const ids = new Set(commands.flatMap(({ scope }) => [...scope.accountIds]));
    const holdIds = commands.flatMap(({ scope }) => scope.holdIds ?? []);
    const reversedIds = commands.flatMap(({ scope }) => scope.reversedIds ?? []);
    const book = createBook({
      accounts: [...ids].flatMap((id) => copyOf(accounts.get(id))),
      holds: holdIds.flatMap((id) => copyOf(holds.get(id))),
      reversals: new Map(reversedIds.flatMap((id) => pairOf(id, reversals.get(id)))),
      firstStamp,
      now: firstStamp,
      stampCount: commands.reduce((sum, { scope }) => sum + scope.stampCount, 0),
    });
    for (const account of book.accounts.values()) expirePassedHolds(book, account);
    return book;
  }

  function expirePassedHolds(book: Book, account: BookAccount): void {
    if (account.nextExpiry === null || account.nextExpiry > book.now) return;
    const own = [...holds.values()].filter(
      ({ debitAccountId, state, expiresAt }) =>
        debitAccountId === account.id && state === "active" && expiresAt !== null,
    );
    const expiryOf = ({ expiresAt }: Hold) => expiresAt ?? Number.POSITIVE_INFINITY;
    for (const hold of own.filter((hold) => expiryOf(hold) <= book.now)) expireHold(book, hold);
    const later = own.map(expiryOf).filter((expiry) => expiry > book.now);
    account.nextExpiry = later.length === 0 ? null : Math.min(...later);
    account.version += 1;
  }

  function keep({ accounts: touched, decisions }: Book): void {
    for (const account of touched.values())
      if (account.version !== account.openingVersion) keepAccount(account);
    transfers.push(...decisions.transfers);
    const { placedHolds: placed, drawnHolds: drawn, closedHolds: closed } = decisions;
    for (const hold of [...placed, ...drawn.values(), ...closed.values()]) holds.set(hold.id, hold);
    for (const { id, reversedId } of decisions.journals)
      if (reversedId !== undefined) reversals.set(reversedId, id);
  }

  /** The sums of a system account are those of the batch alone and are added up, as in its stripes. */
  function keepAccount(account: BookAccount): void {
    const before = account.system ? accounts.get(account.id) : undefined;
    accounts.set(account.id, {
      ...account,
      debitsPosted: account.debitsPosted + (before?.debitsPosted ?? 0n),
      creditsPosted: account.creditsPosted + (before?.creditsPosted ?? 0n),
      debitsPending: account.debitsPending + (before?.debitsPending ?? 0n),
      version: account.system ? 0 : account.version,
      openingVersion: account.system ? 0 : account.version,
    });
  }

  return { accounts, holds, transfers, commit };
}

function emptyAccount({ id, assetId, system }: MemoryAccount): BookAccount {
  return {
    id,
    assetId,
    system,
    state: 1,
    creditLimit: 0n,
    debitsPosted: 0n,
    creditsPosted: 0n,
    debitsPending: 0n,
    version: 0,
    openingVersion: 0,
    lastStamp: 0,
    nextExpiry: null,
  };
}

/** A row as it would be read: a copy, and a system account without its sums. */
function copyOf<Row extends BookAccount | Hold>(row: Row | undefined): Row[] {
  if (row === undefined) return [];
  if (!("system" in row) || !row.system) return [{ ...row }];
  return [{ ...row, debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n }];
}

function pairOf(id: number, by: number | undefined): [number, number][] {
  return by === undefined ? [] : [[id, by]];
}

/** The list of assets as a command sees it: one asset and its world. */
export function assetsWithWorld(asset: Asset, worldId: number): Assets {
  return {
    byCode: () => asset,
    byId: () => asset,
    all: () => [asset],
    systemAccount: () => worldId,
    assetOfSystemAccount: (accountId) => (accountId === worldId ? asset.id : undefined),
    refresh: () => Promise.resolve(),
    lookAgain: () => Promise.resolve(),
  };
}

function deskOf(book: Book, assets: Assets): Desk {
  return {
    book,
    assets,
    rows: { of: () => new Map(), add: () => () => undefined, write: () => [] },
    events: [],
  };
}
