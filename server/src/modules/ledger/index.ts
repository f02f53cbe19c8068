// The door of the ledger: accounts, journals, transfers and holds. Amounts are bigint minor units of an account's asset.
export {
  type Asset,
  type AssetKind,
  type Assets,
  addAsset,
  ensureAsset,
  findAssets,
  loadAssets,
} from "./assets.ts";
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
  takeStamps,
} from "./book.ts";
export { countRecentDebits, countRecentHolds } from "./book-store.ts";
export { type AccountChangeRequest, changeAccount } from "./change-account.ts";
export {
  isRefusal,
  LEDGER_ERRORS,
  type LedgerErrorCode,
  ledgerError,
  type Refusal,
  refuse,
} from "./errors.ts";
export {
  type AccountRules,
  findAccountIds,
  findAccountIdsOfAsset,
  findAccountRules,
} from "./find-account-rules.ts";
export { countActiveHolds, findActiveHoldIds, findHoldsById, getSystemSums } from "./find-held.ts";
export {
  findAccountsWithDueHolds,
  findHold,
  findHolds,
  type HoldQuery,
  type HoldRecord,
} from "./find-holds.ts";
export { findReversible, type MovedTransfer, type ReversibleJournal } from "./find-reversible.ts";
export { findStatement, type Statement, type StatementEntry, type StatementQuery } from "./find-statement.ts";
export {
  findTransactions,
  findTransactionsAt,
  type TransactionPage,
  type TransactionQuery,
  type TransactionRecord,
  type TransactionSide,
} from "./find-transactions.ts";
export { type BookedTransfer, findTransfers } from "./find-transfers.ts";
export {
  type AccountSums,
  type BalanceReading,
  findBalances,
  getBalance,
  getImbalance,
} from "./get-balance.ts";
export { getTransaction, type RecordedTransfer, type TransactionWithTransfers } from "./get-transaction.ts";
export {
  ACCOUNT_STATES,
  type AccountState,
  type Balance,
  type CaptureRequest,
  describeReversal,
  type Hold,
  type HoldRequest,
  type HoldState,
  JOURNAL_KINDS,
  type JournalHeader,
  type JournalKind,
  type JournalRequest,
  type KeptHold,
  type PostedJournal,
  TRANSACTION_STATUSES,
  TRANSFERS_PER_JOURNAL_MAX,
  type TransactionStatus,
  type Transfer,
  type TransferRequest,
} from "./journal.ts";
export { type NewAccount, openAccounts } from "./open-accounts.ts";
export { type BookScope, openBook } from "./open-book.ts";
export { findMissingPartitions } from "./partition-store.ts";
export { readTransferIds } from "./transfer-leaf-store.ts";
export { readTransferLeaves, type TransferLeaf } from "./transfer-leaves.ts";
export { createPartitions } from "./upkeep-store.ts";
export { settle, type Verification, type VerifyOptions, verifyBook } from "./verify-book.ts";
export type { CheckName, Difference } from "./verify-checks.ts";
export { writeBook } from "./write-book.ts";
