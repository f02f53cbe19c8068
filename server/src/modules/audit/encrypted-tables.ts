// The trail's encrypted column, which `countinghouse keys` re-encrypts under a new data key. The chain does not change, because
// it holds commitments to the values, not their ciphertexts.
import type { EncryptedTable } from "../../runtime/vault/encrypted-table.ts";
import { describeBinding } from "./entries/personal-values.ts";

export const AUDIT_ENCRYPTED: readonly EncryptedTable[] = [
  {
    name: "audit.personal_values",
    key: "commitment",
    keyType: "bytea",
    columns: [{ name: "sealed", contextOf: (hex) => describeBinding(Buffer.from(hex, "hex")) }],
  },
];
