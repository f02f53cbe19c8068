// A POST of which nothing need be said may come without a body: to its handler it is then an empty object.
import type { FastifyRequest } from "fastify";
import type { HttpServer } from "./http-server.ts";

/** Finds such routes by their schema as they are added: no member is required, nor any at all. */
export function allowEmptyBodies(server: HttpServer): void {
  server.addHook("onRoute", (route) => {
    const { body } = (route.schema ?? {}) as { body?: BodySchema };
    if (route.method !== "POST" || body === undefined) return;
    if (body.type === "object" && body.required === undefined && body.minProperties === undefined)
      route.preValidation = fillBody;
  });
}

interface BodySchema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly minProperties?: number;
}

async function fillBody(request: FastifyRequest): Promise<void> {
  request.body ??= {};
}
