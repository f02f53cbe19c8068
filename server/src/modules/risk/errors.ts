// Risk's refusals. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const RISK_ERRORS = {
  blocked_entry_not_found: {
    kind: "not_found",
    title: "The blocklist has no such entry.",
    wayOut: "GET /risk/blocked lists the entries.",
  },
  blocked_already: {
    kind: "conflict",
    title: "This is on the blocklist already.",
    wayOut: "Change the entry that is named.",
  },
  blocked_entry_changed: {
    kind: "conflict",
    title: "The entry has changed since it was read.",
    wayOut: "Read it again and repeat with its new ETag.",
  },
  screening_not_found: {
    kind: "not_found",
    title: "The order was not screened, or there is none of this id.",
    wayOut: "Orders are screened with ENABLE_FRAUD_CHECK; those of staff are not.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const riskError = refusalsOf(RISK_ERRORS);
