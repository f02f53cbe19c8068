// What other programs import: `import { PasswordManager } from "@countinghouse/library"`. The README tells what for.
export {
  createPasswords,
  createSupplier,
  createTokenReader,
  type Passwords,
  type ReceiptTransfer,
  type ReceiptVerdict,
  type Role,
  type Supplier,
  type SupplierAvailability,
  SupplierError,
  type SupplierOptions,
  type SupplierOrder,
  type SupplierRequest,
  type TokenHolder,
  type TokenReader,
  type TokenReaderSettings,
  verifyReceipt,
} from "../../server/src/library.ts";
export { ApiError, type ApiOptions } from "./api.ts";
export type { AuditLogEntry, AuditLogVerdict } from "./audit-entry.ts";
export { type AuditDetails, AuditLogger, type AuditRecord } from "./audit-logger.ts";
export {
  OrderProcessor,
  type OrderProcessorOptions,
  type OrderRequest,
  type OrderResult,
} from "./order-processor.ts";
export { PasswordManager } from "./passwords.ts";
export {
  postSecureTransaction as processSecureTransaction,
  type SecureTransaction,
  type SecureTransactionOptions,
} from "./secure-transaction.ts";
export { TokenManager, type TokenOptions, type VerifiedToken } from "./tokens.ts";
export { VendorApiClient, type VendorApiOptions } from "./vendor-api-client.ts";
