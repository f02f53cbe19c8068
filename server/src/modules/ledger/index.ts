// The door of the ledger: accounts, journals, transfers and holds. Amounts are bigint minor units of an account's asset.

export type { NewAccount } from "./accounts/account-store.ts";
export {
  ASSET_STATES,
  changeAssetDetails,
  changeAssetState,
  getAsset,
  refuseInactive,
  requireActive,
} from "./accounts/asset-state.ts";
export {
  type Asset,
  type AssetDetails,
  type AssetKind,
  type AssetRecord,
  type Assets,
  addAsset,
  ensureAssets,
  findAssets,
  loadAssets,
} from "./accounts/assets.ts";
export { type AccountChangeRequest, changeAccount } from "./accounts/change-account.ts";
export {
  type AccountRules,
  findAccountIds,
  findAccountIdsOfAsset,
  findAccountRules,
} from "./accounts/find-account-rules.ts";
export {
  findStatement,
  type Statement,
  type StatementEntry,
  type StatementQuery,
} from "./accounts/find-statement.ts";
export {
  type AccountSums,
  type BalanceReading,
  findBalances,
  getBalance,
  getImbalance,
} from "./accounts/get-balance.ts";
export { openAccounts } from "./accounts/open-accounts.ts";
export { readCurrency } from "./accounts/read-currency.ts";
export {
  allOrNothing,
  type Book,
  type BookAccount,
  balanceOf,
  captureHold,
  keepRefusal,
  leftOf,
  placeHold,
  postJournal,
  releaseHold,
  takeStamps,
} from "./book/book.ts";
export {
  claimStamps,
  type StampsAhead,
  selectAccounts,
  selectRecentDebits,
  selectRecentHolds,
  takeStampsAhead,
} from "./book/book-store.ts";
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
  type Owner,
  type OwnerType,
  type PostedJournal,
  TRANSACTION_STATUSES,
  TRANSFERS_PER_JOURNAL_MAX,
  type TransactionStatus,
  type Transfer,
  type TransferRequest,
} from "./book/journal.ts";
export { type BookScope, openBook, openBookAhead } from "./book/open-book.ts";
export { describeOwner, refuseStranger } from "./book/owner.ts";
export { writeBook } from "./book/write-book.ts";
export {
  isRefusal,
  LEDGER_ERRORS,
  ledgerError,
  type Refusal,
  refuse,
} from "./errors.ts";
export { describeHold, type HoldFields, STATUS_OF_HOLD } from "./holds/describe-hold.ts";
export { countActiveHolds, findActiveHoldIds, findHoldsById, getSystemSums } from "./holds/find-held.ts";
export {
  findAccountsWithDueHolds,
  findHold,
  findHolds,
  type HoldQuery,
  type HoldRecord,
} from "./holds/find-holds.ts";
export { findMissingPartitions } from "./partitions/partition-store.ts";
export { createPartitions } from "./partitions/upkeep-store.ts";
export { CLOCK_LEAD_MAX_SECONDS, describeLead, getClockLead } from "./partitions/watch-clock.ts";
export { withPartitions } from "./partitions/with-partitions.ts";
export {
  countOwnedJournals,
  findCapturedHold,
  findUnknownJournal,
  type OwnedJournals,
} from "./transactions/find-owned.ts";
export {
  findReversible,
  type MovedTransfer,
  type ReversibleJournal,
} from "./transactions/find-reversible.ts";
export {
  findTransactions,
  findTransactionsAt,
  type TransactionQuery,
  type TransactionRecord,
} from "./transactions/find-transactions.ts";
export { type BookedTransfer, findTransfers } from "./transactions/find-transfers.ts";
export {
  getTransaction,
  type TransactionWithTransfers,
} from "./transactions/get-transaction.ts";
export {
  findMovement,
  type Movement,
  type RecordedTransfer,
  type TransactionSide,
} from "./transactions/movement.ts";
export { findPostedTransfers, type PostedTransfer } from "./transactions/posted-store.ts";
export { openTransferSource } from "./transactions/transfer-source.ts";
export { settle, type Verification, type VerifyOptions, verifyBook } from "./verify/verify-book.ts";
export type { BookDifference, CheckName } from "./verify/verify-checks.ts";
export { tellAmounts, type VerifySubject } from "./verify/verify-subject.ts";
