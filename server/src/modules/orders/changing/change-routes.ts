// The frame of every route that changes an order: what came is read into an act, the act is carried out on the order, and the
// order as it then is, or what became of it, is the answer.
import type { FastifyRequest } from "fastify";
import type { Static, TSchema } from "typebox";
import { type HttpServer, readCaller, send } from "../../../http/index.ts";
import { OrderShape } from "../answer-schemas.ts";
import { OrderParams } from "../schemas.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { changeOrder, type OrderAct } from "./change-order.ts";

export interface ChangeRequest<Body extends TSchema> {
  readonly request: FastifyRequest;
  readonly caller: OrderCaller;
  /** The order's. */
  readonly id: number;
  readonly body: Static<Body>;
}

export interface ChangeRoute<Body extends TSchema> {
  /** Default: POST. */
  readonly method?: "POST" | "PATCH";
  /** Below /orders/:id. */
  readonly path: string;
  readonly schema: {
    readonly tags: readonly string[];
    readonly operationId: string;
    readonly summary: string;
    readonly description?: string;
    readonly body?: Body;
    /** Default: 200 with the order. */
    readonly response?: { readonly 201: TSchema };
  };
  /** @throws AppError what is wrong with what came */
  readonly act: (came: ChangeRequest<Body>) => OrderAct | Promise<OrderAct>;
}

export function addChangeRoute<Body extends TSchema>(
  server: HttpServer,
  services: OrderServices,
  { method = "POST", path, schema, act }: ChangeRoute<Body>,
): void {
  server.route({
    method,
    url: `/orders/:id${path}`,
    schema: { params: OrderParams, response: { 200: OrderShape }, ...schema },
    handler: async (request, reply) => {
      const caller = readCaller(request);
      const { id } = request.params;
      const change = await act({ request, caller, id, body: request.body as Static<Body> });
      const outcome = await changeOrder(services, caller, { id, act: change });
      return send(reply, outcome, schema.response === undefined ? 200 : 201);
    },
  });
}
