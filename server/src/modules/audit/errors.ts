// The audit trail's refusals. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const AUDIT_ERRORS = {
  checkpoint_not_found: {
    kind: "not_found",
    title: "There is no checkpoint of this size.",
    wayOut: "GET /audit/checkpoint without size answers the latest.",
  },
  leaf_not_found: {
    kind: "not_found",
    title: "There is no such entry or transfer in the log.",
    wayOut: "Check the number; what was written just now is in the next checkpoint, seconds later.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const auditError = refusalsOf(AUDIT_ERRORS);
