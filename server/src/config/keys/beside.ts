// Settings of programs beside the server (the library and the examples): they read these, the server does not.
import { baseUrl, text } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

export const BESIDE_KEYS = [
  {
    name: "COUNTINGHOUSE_URL",
    group: "Programs beside it",
    type: "string",
    form: baseUrl,
    default: "http://localhost:8000",
    description: "Where the library and the examples reach the server.",
  },
  {
    name: "COUNTINGHOUSE_TOKEN",
    group: "Programs beside it",
    ...secret(text),
    description: "Access token or API key of staff with which the library's processSecureTransaction posts.",
  },
  {
    name: "CUSTOMER_TOKEN",
    group: "Programs beside it",
    ...secret(text),
    earlier: true,
    description:
      "Access token or API key of the customer for whom the library's OrderProcessor orders; unset, COUNTINGHOUSE_TOKEN.",
  },
] as const satisfies readonly ConfigKey[];
