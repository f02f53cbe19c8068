// Reads the Idempotency-Key of a request. Keys belong to the caller and the path: one key names one act.
import type { FastifyRequest } from "fastify";
import { hashKey, type KeyedRequest } from "../../runtime/idempotency.ts";
import { AppError } from "../../values/app-error.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The request's key with what it asked for, or undefined where it carries none.
 * @throws AppError `invalid/invalid_idempotency_key`
 */
export function readIdempotencyKey(request: FastifyRequest): KeyedRequest | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || !KEY.test(key)) {
    throw new AppError("invalid", "invalid_idempotency_key", {
      fields: [{ field: "Idempotency-Key", reason: "must be 1 to 255 visible ASCII characters" }],
      message: "Idempotency-Key must be 1 to 255 visible ASCII characters",
    });
  }
  const path = (request.url.split("?")[0] ?? "").replace(/^\/api\/v1(?=\/)/, "");
  return {
    keyHash: hashKey(request.actor.id, key),
    request: `{"path":${JSON.stringify(`${request.method} ${path}`)},"body":${request.bodyText || "null"}}`,
  };
}
