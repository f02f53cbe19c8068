// Risk's encrypted column, which `countinghouse keys` re-encrypts under a new data key.
import type { EncryptedTable } from "../../runtime/vault/encrypted-table.ts";
import { contextOfBlocked } from "./blocked.ts";

export const RISK_ENCRYPTED: readonly EncryptedTable[] = [
  {
    name: "risk.blocked_subjects",
    key: "value_index",
    keyType: "bytea",
    columns: [{ name: "value", contextOf: contextOfBlocked }],
  },
];
