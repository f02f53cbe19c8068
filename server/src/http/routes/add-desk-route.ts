// The frame of a route whose command goes through the desk: the request is read, the command is carried out, and its
// result is sent.
import type { TSchema } from "typebox";
import type { HttpServer } from "../http-server.ts";
import { type Caller, readCaller } from "./caller.ts";
import { describeOperation, type Operation, type ReadRequest } from "./operation.ts";
import { type Outcome, send } from "./send.ts";

export interface DeskRoute<P extends TSchema, B extends TSchema> extends Operation<P, TSchema, B, TSchema> {
  /** Default: POST. */
  readonly method?: "POST" | "PATCH";
  /** The status where the command was carried out. Default: 201, because most commands create something. */
  readonly status?: 200 | 201;
  /** @throws AppError what is wrong with the request */
  readonly run: (request: ReadRequest<P, TSchema, B>, caller: Caller) => Promise<Outcome>;
}

export function addDeskRoute<P extends TSchema, B extends TSchema>(
  server: HttpServer,
  { method = "POST", status = 201, run, ...operation }: DeskRoute<P, B>,
): void {
  server.route({
    method,
    ...describeOperation(operation, status),
    handler: async (request, reply) =>
      send(reply, await run(request as ReadRequest<P, TSchema, B>, readCaller(request)), status),
  });
}
