// What other programs can import from this package: `import { createPasswords } from "countinghouse"`. docs/library.md tells
// what for.
export { type ReceiptTransfer, type ReceiptVerdict, verifyReceipt } from "./modules/audit/index.ts";
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
