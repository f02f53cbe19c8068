// Who sent a request, from where, and under which key: every command gets this.
import type { FastifyRequest } from "fastify";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import type { Origin } from "../../values/origin.ts";
import { readIdempotencyKey } from "./idempotency.ts";

export interface Caller {
  readonly actor: Actor;
  readonly key: KeyedRequest | undefined;
  readonly origin: Origin;
}

/** @throws AppError `invalid/invalid_idempotency_key` */
export function readCaller(request: FastifyRequest): Caller {
  return { actor: request.actor, key: readIdempotencyKey(request), origin: readOrigin(request) };
}

export function readOrigin(request: FastifyRequest): Origin {
  return { requestId: request.id, ip: request.ip };
}

/** With the user agent, for acts where it matters, such as signing in. */
export function readFullOrigin(request: FastifyRequest): Origin {
  return { ...readOrigin(request), userAgent: request.headers["user-agent"]?.slice(0, 256) };
}

/** Who acts and from where, for acts where the user agent matters. */
export function readContext(request: FastifyRequest): { actor: Actor; origin: Origin } {
  return { actor: request.actor, origin: readFullOrigin(request) };
}
