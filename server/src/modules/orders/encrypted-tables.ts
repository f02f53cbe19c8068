// Orders' encrypted columns: what `countinghouse keys` brings under a new data key.
import type { EncryptedTable } from "../../runtime/vault/encrypted-table.ts";
import { contextOfAddress } from "./addresses.ts";

export const ORDERS_ENCRYPTED: readonly EncryptedTable[] = [
  {
    name: "orders.addresses",
    key: "order_id",
    keyType: "bigint",
    columns: [
      { name: "shipping", contextOf: (id) => contextOfAddress(id, "shipping") },
      { name: "billing", contextOf: (id) => contextOfAddress(id, "billing") },
    ],
  },
];
