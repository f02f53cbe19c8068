// The trail's encrypted column: what `countinghouse keys` brings under a new data key. The chain holds commitments to the
// values, not what they are encrypted to, so it does not change.
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
