// The door of banking: customers' accounts and the transactions on them.
export type { TransactionDocument as TransactionRow } from "./answer-schemas.ts";
export type { BatchRows, RowNeed, RowReader, RowWriter } from "./batch-rows.ts";
export {
  type BookCommand,
  type CommandDesk,
  type CommandOutcome,
  type Decision,
  type Desk,
  openCommandDesk,
} from "./command-desk.ts";
export { BANKING_ENCRYPTED } from "./encrypted-tables.ts";
export { BANKING_ERRORS } from "./errors.ts";
export { expireHolds, touchAccounts } from "./expire-holds.ts";
export { type ExportQuery, exportTransactions } from "./export-transactions.ts";
export { readStepUpLimits } from "./large-payment.ts";
export { createHttpRateSource, type RateSource } from "./rate-source.ts";
export {
  recordSecureTransaction as processSecureTransaction,
  type SecureServices,
} from "./record-secure-transaction.ts";
export { type BankingServices, bankingRoutes } from "./routes.ts";
export { readOwners } from "./store.ts";
export { rereadFirst, submitRereading } from "./submit-rereading.ts";
export { send as sendOutcome } from "./transaction-routes.ts";
export { updateExchangeRates } from "./update-exchange-rates.ts";
