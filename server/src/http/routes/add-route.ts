// The frame of a route that answers with its function's result: all reads, and commands that neither use the desk nor
// an idempotency key.
import type { Static, TSchema } from "typebox";
import type { HttpServer } from "../http-server.ts";
import { formatETag } from "../version.ts";
import { describeOperation, type Operation, type ReadRequest } from "./operation.ts";

export interface Route<P extends TSchema, Q extends TSchema, B extends TSchema, A extends TSchema>
  extends Operation<P, Q, B, A> {
  /** Default: GET. */
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** The status of the answer. Default: 200. */
  readonly status?: 200 | 201 | 202;
  /** Whether the answer has a `version`, which is sent as ETag. */
  readonly isVersioned?: boolean;
  /** The answer holds a secret, such as a token: no proxy or browser may store it. */
  readonly isSecret?: boolean;
  /** @throws AppError what is wrong with the request, or refused */
  readonly run: (request: ReadRequest<P, Q, B>) => Promise<Static<A>>;
}

export function addRoute<P extends TSchema, Q extends TSchema, B extends TSchema, A extends TSchema>(
  server: HttpServer,
  route: Route<P, Q, B, A>,
): void {
  const { method = "GET", status = 200, isVersioned, isSecret, run, ...operation } = route;
  server.route({
    method,
    ...describeOperation(operation, status),
    handler: async (request, reply) => {
      const answer = await run(request as ReadRequest<P, Q, B>);
      if (isVersioned === true) reply.header("etag", formatETag(answer as { version: number }));
      if (isSecret === true) reply.header("cache-control", "no-store");
      reply.code(status).send(answer);
    },
  });
}
