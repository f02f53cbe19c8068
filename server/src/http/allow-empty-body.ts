// A request that says nothing: without a body, or with an empty one, whatever its Content-Type. Where a body is an object, it
// is then taken for {}, so that nothing need be said where nothing is required, and what is required is named.
import type { FastifyRequest } from "fastify";
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

async function fillBody(request: FastifyRequest): Promise<void> {
  if (request.body !== undefined && request.body !== null) return;
  if ((request.bodyText ?? "") !== "") return; // null was sent
  request.body = {};
  request.bodyText = "{}"; // the same as {} for an idempotency key
}
