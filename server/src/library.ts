// What other programs can import from this package: `import { createSupplier } from "countinghouse"`.
export {
  createSupplier,
  type Supplier,
  type SupplierAvailability,
  SupplierError,
  type SupplierOptions,
  type SupplierOrder,
  type SupplierRequest,
} from "./modules/inventory/index.ts";
