// Banking's encrypted columns, which `countinghouse keys` re-encrypts under a new data key. For a secure record that is only the
// wrapping of its own data key; the record itself stays as it is.
import type { EncryptedTable } from "../../runtime/vault/encrypted-table.ts";
import { bindingOf } from "./secure-records/secure-vault.ts";

export const BANKING_ENCRYPTED: readonly EncryptedTable[] = [
  {
    name: "banking.accounts",
    key: "id",
    keyType: "bigint",
    columns: [
      { name: "holder_name", contextOf: (id) => `banking.accounts.holder_name:${id}` },
      { name: "external_number", contextOf: (id) => `banking.accounts.external_number:${id}` },
    ],
  },
  {
    name: "banking.secure_records",
    key: "tx_id",
    keyType: "text",
    columns: [{ name: "wrapped_key", contextOf: bindingOf }],
  },
];
