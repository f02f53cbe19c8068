// The refusals of the HTTP kit, and those that any command may get. Codes are a promise to clients and never renamed.
import type { ErrorEntry } from "../values/app-error.ts";

export const HTTP_ERRORS = {
  invalid_request: {
    kind: "invalid",
    title: "The request is malformed.",
    wayOut: "Correct the fields that are named.",
  },
  value_refused: {
    kind: "refused",
    title: "A value has the right form, and cannot be taken.",
    wayOut: "Correct the fields that are named.",
  },
  invalid_json: {
    kind: "invalid",
    title: "The body is not JSON.",
    wayOut: "Send valid JSON with Content-Type application/json.",
  },
  body_too_large: {
    kind: "invalid",
    title: "The body is larger than BODY_LIMIT_BYTES.",
    wayOut: "Send less at a time.",
  },
  headers_too_large: {
    kind: "invalid",
    title: "The request line and headers are larger than 16 KiB.",
    wayOut: "Send shorter headers; put data into the body.",
  },
  request_timeout: {
    kind: "invalid",
    title: "The request did not arrive whole within REQUEST_TIMEOUT_MS.",
    wayOut: "Send it again with the same Idempotency-Key.",
  },
  unsupported_media_type: {
    kind: "invalid",
    title: "The body has a content type that is not accepted here.",
    wayOut: "Send Content-Type application/json.",
  },
  unsupported_content_encoding: {
    kind: "invalid",
    title: "The body is compressed or encoded.",
    wayOut: "Send it as it is, without Content-Encoding.",
  },
  invalid_idempotency_key: {
    kind: "invalid",
    title: "The Idempotency-Key is malformed.",
    wayOut: "Use 1 to 255 visible ASCII characters.",
  },
  idempotency_answer_archived: {
    kind: "conflict",
    title: "The Idempotency-Key was used for a transaction that is not in the ledger any more.",
    wayOut: "Ask the operator for the archived month before you send the request under a new key.",
  },
  idempotency_key_reused: {
    kind: "refused",
    title: "The Idempotency-Key was used for another request.",
    wayOut: "Use a new key for a new request; the differing fields are named.",
  },
  unauthenticated: {
    kind: "unauthenticated",
    title: "A valid access token is needed.",
    wayOut: "Send Authorization: Bearer <token>; `npx countinghouse token` mints one.",
  },
  forbidden: {
    kind: "forbidden",
    title: "The token's roles do not allow this.",
    wayOut: "Use a token of the role that is named.",
  },
  person_required: {
    kind: "forbidden",
    title: "Only a person may do this, in their own name.",
    wayOut:
      "Sign in as a user who may do it; API keys may not, and neither may somebody who acts for the user.",
  },
  rate_limited: {
    kind: "too_many",
    title: "The caller sent more requests than are allowed.",
    wayOut: "Try again after Retry-After; the RateLimit fields tell how many are left.",
  },
  untrusted_host: {
    kind: "invalid",
    title: "The request is addressed to a host that is not served here.",
    wayOut: "Use the public address; the operator lists the hosts in TRUSTED_HOSTS.",
  },
  not_found: {
    kind: "not_found",
    title: "There is nothing here.",
    wayOut: "See /docs for the paths and methods.",
  },
  method_not_allowed: {
    kind: "invalid",
    title: "The path exists, but not with this method.",
    wayOut: "Use one of the methods that the Allow header lists.",
  },
  upgrade_required: {
    kind: "invalid",
    title: "This is the stream, and it is a WebSocket.",
    wayOut: "Open it with a WebSocket handshake (RFC 6455); docs/stream.md shows how.",
  },
  untrusted_origin: {
    kind: "forbidden",
    title: "Pages of this origin may not open a stream.",
    wayOut: "The operator lists origins in CORS_ORIGINS.",
  },
  too_many_streams: {
    kind: "too_many",
    title: "The caller has as many streams as STREAM_PER_CALLER allows.",
    wayOut: "Use one of them, or close one: each takes many commands at once.",
  },
  version_mismatch: {
    kind: "conflict",
    title: "It has changed since it was read.",
    wayOut: "Read it again and repeat with its new ETag.",
  },
  queue_full: {
    kind: "unavailable",
    title: "More requests are waiting than can be served.",
    wayOut: "Try again after Retry-After with the same Idempotency-Key.",
  },
  shutting_down: {
    kind: "unavailable",
    title: "This process is shutting down.",
    wayOut: "Try again after Retry-After with the same Idempotency-Key.",
  },
  try_again: {
    kind: "unavailable",
    title: "Too many commands contend for the same rows.",
    wayOut: "Try again after Retry-After with the same Idempotency-Key.",
  },
  database_unavailable: {
    kind: "unavailable",
    title: "The database does not answer.",
    wayOut: "Try again after Retry-After with the same Idempotency-Key.",
  },
  database_read_only: {
    kind: "unavailable",
    title: "The database takes no writes: it became a standby, or was set read-only.",
    wayOut: "Try again after Retry-After with the same Idempotency-Key.",
  },
  internal_error: {
    kind: "unavailable",
    title: "Something is wrong in the program.",
    wayOut: "Report the request id to the operator, who finds it in the log.",
  },
} as const satisfies Record<string, ErrorEntry>;
