// Identity's encrypted columns, which `countinghouse keys` re-encrypts under a new data key.
import type { EncryptedTable } from "../../runtime/vault/encrypted-table.ts";
import { contextOfChange } from "./addresses/email-change.ts";
import { contextOfTotp } from "./factors/check-code.ts";
import { LOGIN_CONTEXT } from "./mails/mail-template.ts";
import { contextOfSecret } from "./sessions/session.ts";
import { contextOfKey } from "./signing-keys/signing-key.ts";
import { contextOf } from "./users/user.ts";

export const IDENTITY_ENCRYPTED: readonly EncryptedTable[] = [
  {
    name: "identity.users",
    key: "id",
    keyType: "uuid",
    columns: [
      { name: "email", contextOf: (id) => contextOf("email", id) },
      { name: "full_name", contextOf: (id) => contextOf("full_name", id) },
    ],
  },
  {
    name: "identity.sessions",
    key: "id",
    keyType: "uuid",
    columns: [{ name: "secret", contextOf: contextOfSecret }],
  },
  {
    name: "identity.signing_keys",
    key: "kid",
    keyType: "text",
    columns: [{ name: "private_key", contextOf: contextOfKey }],
  },
  {
    name: "identity.totp",
    key: "user_id",
    keyType: "uuid",
    columns: [{ name: "secret", contextOf: contextOfTotp }],
  },
  {
    name: "identity.email_changes",
    key: "id",
    keyType: "uuid",
    columns: [
      { name: "old_email", contextOf: (id) => contextOfChange("old_email", id) },
      { name: "new_email", contextOf: (id) => contextOfChange("new_email", id) },
    ],
  },
  {
    name: "identity.mails",
    key: "id",
    keyType: "bigint",
    columns: [{ name: "login", contextOf: () => LOGIN_CONTEXT }],
  },
];
