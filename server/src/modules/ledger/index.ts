// The door of the ledger: accounts, journals, transfers and holds. Amounts are bigint minor units of an account's asset.
export { type Asset, type AssetKind, type Assets, loadAssets } from "./assets.ts";
export {
  allOrNothing,
  type Book,
  type BookAccount,
  balanceOf,
  captureHold,
  keepRefusal,
  placeHold,
  postJournal,
  releaseHold,
} from "./book.ts";
export { countRecentDebits, countRecentHolds } from "./book-store.ts";
export {
  isRefusal,
  LEDGER_ERRORS,
  type LedgerErrorCode,
  ledgerError,
  type Refusal,
  refuse,
} from "./errors.ts";
export {
  findAccountsWithDueHolds,
  findHold,
  findHolds,
  type HoldQuery,
  type HoldRecord,
} from "./find-holds.ts";
export { findReversible, type ReversibleJournal } from "./find-reversible.ts";
export {
  ACCOUNT_STATES,
  type AccountState,
  type Balance,
  type CaptureRequest,
  type Hold,
  type HoldRequest,
  type HoldState,
  type JournalHeader,
  type JournalKind,
  type JournalRequest,
  type PostedJournal,
  TRANSACTION_STATUSES,
  TRANSFERS_PER_JOURNAL_MAX,
  type TransactionStatus,
  type Transfer,
  type TransferRequest,
} from "./journal.ts";
export { type NewAccount, openAccounts } from "./open-accounts.ts";
export { type BookScope, openBook } from "./open-book.ts";
export { writeBook } from "./write-book.ts";
