// What the library for other programs is built from (library/): the only door through which it sees the server's parts.
export type { Config } from "./config/config.ts";
export { readEnvironment } from "./config/load-config.ts";
export { createLocalVerifier, mintToken, type TokenSettings } from "./http/authenticate.ts";
export {
  CHAIN_START,
  chainHash,
  hashLeaf,
  type ReceiptTransfer,
  type ReceiptVerdict,
  toCanonicalJson,
  verifyReceipt,
} from "./modules/audit/index.ts";
export {
  createPasswords,
  createTokenReader,
  type Passwords,
  type TokenHolder,
  type TokenReader,
  type TokenReaderSettings,
} from "./modules/identity/index.ts";
export {
  createSupplier,
  type Supplier,
  type SupplierAvailability,
  SupplierError,
  type SupplierOptions,
  type SupplierOrder,
  type SupplierRequest,
} from "./modules/inventory/index.ts";
export { priceLine, readTaxRate } from "./modules/orders/index.ts";
export { CallFailedError, type CallPolicy, createCallPolicy } from "./runtime/call-policy.ts";
export { readBody } from "./runtime/read-body.ts";
export { ROLES, type Role } from "./values/actor.ts";
export { describeAmountProblem, formatAmount, parseAmount } from "./values/money.ts";
export { parseJson } from "./values/parse-json.ts";
