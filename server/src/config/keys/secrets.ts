// The secrets that sign tokens and wrap keys.
import { key32, text } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

export const SECRETS_KEYS = [
  {
    name: "JWT_SECRET_KEY",
    group: "Access",
    ...secret(text),
    description:
      "Secret of at least 32 bytes that signs access tokens (HS256); generated into DATA_DIR when unset.",
  },
  {
    name: "JWT_AUDIENCE",
    group: "Access",
    type: "string",
    form: text,
    default: "countinghouse",
    description: "The audience that an access token must name.",
  },
  {
    name: "ENCRYPTION_KEY",
    group: "Access",
    ...secret(key32),
    description:
      "Key that wraps the data keys, 32 bytes in base64 or hex; generated into DATA_DIR (mode 0600) when unset.",
  },
  {
    name: "ENCRYPTION_KEY_PREVIOUS",
    group: "Access",
    ...secret(key32),
    description: "The key before ENCRYPTION_KEY, while `countinghouse keys rotate` re-wraps the data keys.",
  },
] as const satisfies readonly ConfigKey[];
