// Accepts requests without a body, or with an empty one, whatever their Content-Type. Where a route's body is an object, an empty
// one counts as {}: a client need send nothing where nothing is required, and missing fields are named.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpServer } from "./http-server.ts";

/** Finds the routes whose body is an object by their schema, as they are added. */
export function allowEmptyBodies(server: HttpServer): void {
  server.addHook("onRoute", (route) => {
    const { body } = (route.schema ?? {}) as { body?: { readonly type?: string } };
    if (body?.type === "object") route.preValidation = [fillBody, ...listOf(route.preValidation)];
  });
}

function listOf<T>(hooks: T | T[] | undefined): T[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}

function fillBody(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const isEmpty = (request.body === undefined || request.body === null) && (request.bodyText ?? "") === ""; // null may be sent
  if (isEmpty) {
    request.body = {};
    request.bodyText = "{}"; // the same as {} for an idempotency key
  }
  done();
}
