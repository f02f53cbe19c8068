// The settings of secure transaction records.
import { text } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

export const SECURE_RECORDS_KEYS = [
  {
    name: "API_KEY_V1",
    group: "Secure records",
    ...secret(text),
    earlier: true,
    description:
      "Key of at least 32 bytes that signs secure transaction records; without it none can be made.",
  },
  {
    name: "ADMIN_PASSWORD",
    group: "Secure records",
    ...secret(text),
    earlier: true,
    description:
      "Part of that signature where it is set: who would forge a record needs it and API_KEY_V1. It opens no account.",
  },
] as const satisfies readonly ConfigKey[];
