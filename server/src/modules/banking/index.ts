// The door of banking: customers' accounts and the transactions on them.

export { needOwners, needOwnersOf, ownersOf } from "./accounts/account-owners.ts";
export { findFirstAccounts, findOwnAccounts, findOwners } from "./accounts/owner-store.ts";
export { BANKING_ENCRYPTED } from "./encrypted-tables.ts";
export { BANKING_ERRORS } from "./errors.ts";
export { selectRatesTo } from "./exchange/exchange-rate-store.ts";
export { createHttpRateSource, type RateSource } from "./exchange/rate-source.ts";
export { updateExchangeRates } from "./exchange/update-exchange-rates.ts";
export { type BankingServices, bankingRoutes } from "./routes.ts";
export {
  deriveRecordKey,
  recordSecureTransaction as processSecureTransaction,
  type SecureServices,
} from "./secure-records/record-secure-transaction.ts";
export { readStepUpLimits } from "./transactions/large-payment.ts";
export { createMoneyGuard, type MoneyGuard } from "./transactions/money-guard.ts";
