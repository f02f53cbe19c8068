// Accounts as this process last saw them, with the rows that change only with them. A batch may be decided ahead on these
// without asking the database. They may be stale, but that does no harm: a decision is written only if the account still has the
// remembered version. So processes need not notify each other; any change is noticed by its version (`accounts_versioned`).
import type { Book, BookAccount } from "../ledger/index.ts";
import type { AccountBooking, AccountRows, AnyReader, OpenedRows } from "./batch-rows.ts";

/** One empty value, shared by the many accounts that have no rows. */
const NO_ROWS: AccountRows = new Map();

export interface KnownAccount {
  readonly account: BookAccount;
  readonly rows: AccountRows;
  /** The account has neither paid nor had a hold placed or ended after this stamp; its last stamp of all where nobody watched. */
  readonly lastDebitedAt: number;
}

export interface KnownAccounts {
  readonly get: (id: number) => KnownAccount | undefined;
  /** Remembers a book's accounts as its batch committed them. Beyond the bound, the accounts unused for longest are forgotten. */
  readonly keep: (book: Book, opened: OpenedRows) => void;
  readonly forget: (ids: Iterable<number>) => void;
}

export function createKnownAccounts(countMax: number): KnownAccounts {
  // In order of use: the account unused for longest comes first.
  const known = new Map<number, KnownAccount>();

  function keep(book: Book, opened: OpenedRows): void {
    const bookings = findBookings(book);
    for (const account of book.accounts.values()) {
      if (account.system) continue;
      const before = known.get(account.id);
      const isSame = before?.account.version === account.openingVersion;
      const rows = gatherRows(account.id, isSame ? before.rows : NO_ROWS, opened);
      const booking = bookings.get(account.id);
      const unwatched = isSame ? before.lastDebitedAt : account.lastStamp;
      known.delete(account.id);
      known.set(account.id, {
        account: { ...account, lastStamp: book.lastStamp },
        rows: rows.size === 0 ? NO_ROWS : followRows(rows, booking),
        lastDebitedAt: booking === undefined ? unwatched : book.lastStamp,
      });
    }
    for (const id of known.keys()) {
      if (known.size <= countMax) break;
      known.delete(id);
    }
  }

  return {
    get: (id) => known.get(id),
    keep,
    forget: (ids) => {
      for (const id of ids) known.delete(id);
    },
  };
}

/** The rows read for this batch, and the rows known before for accounts that had not changed. */
function gatherRows(id: number, before: AccountRows, { ofAccounts }: OpenedRows): Map<AnyReader, unknown> {
  const rows = new Map(before);
  for (const [reader, byAccount] of ofAccounts) if (byAccount.has(id)) rows.set(reader, byAccount.get(id));
  return rows;
}

function followRows(rows: Map<AnyReader, unknown>, booking: AccountBooking | undefined): AccountRows {
  if (booking === undefined) return rows;
  for (const [reader, row] of rows) {
    const next = reader.ofAccount?.follow(row, booking);
    if (next === undefined) rows.delete(reader);
    else rows.set(reader, next);
  }
  return rows;
}

/** What was booked on each account that paid or whose holds changed. */
function findBookings({ decisions }: Book): Map<number, AccountBooking> {
  const bookings = new Map<number, { debits: number[]; hasHoldChanged: boolean }>();
  const of = (id: number) => {
    const booking = bookings.get(id) ?? { debits: [], hasHoldChanged: false };
    bookings.set(id, booking);
    return booking;
  };
  for (const { debitAccountId, id } of decisions.transfers) of(debitAccountId).debits.push(id);
  for (const hold of decisions.placedHolds) of(hold.debitAccountId).hasHoldChanged = true;
  for (const hold of decisions.closedHolds.values()) of(hold.debitAccountId).hasHoldChanged = true;
  return bookings;
}
