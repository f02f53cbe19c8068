// The frame of a read whose answer already exists as bytes of JSON text, with their ETag.
import type { TSchema } from "typebox";
import type { HttpServer } from "../http-server.ts";
import { sendAnswer } from "./answer.ts";
import { describeOperation, type Operation, type ReadRequest } from "./operation.ts";

export interface MadeAnswer {
  readonly body: Buffer;
  readonly etag: string;
}

export interface BytesRoute<P extends TSchema, Q extends TSchema> extends Operation<P, Q, TSchema, TSchema> {
  /** The ETag is of these bytes, so a client that has them is answered 304; otherwise it is a version, for If-Match. */
  readonly isTaggedByBytes?: boolean;
  /** @throws AppError what is wrong with the request, or refused */
  readonly run: (request: ReadRequest<P, Q, TSchema>) => Promise<MadeAnswer>;
}

export function addBytesRoute<P extends TSchema, Q extends TSchema>(
  server: HttpServer,
  { isTaggedByBytes = false, run, ...operation }: BytesRoute<P, Q>,
): void {
  server.route({
    method: "GET",
    ...describeOperation(operation, 200),
    handler: async (request, reply) => {
      const { body, etag } = await run(request as ReadRequest<P, Q, TSchema>);
      reply.header("etag", etag);
      if (isTaggedByBytes && request.headers["if-none-match"]?.includes(etag)) reply.code(304).send();
      else sendAnswer(reply, 200, { body, replayed: false });
    },
  });
}
