// The frame of every route that changes an order: the request is read into an act, the act is carried out on the order, and the
// answer is the order after it, or the result of the act.
import type { FastifyRequest } from "fastify";
import type { Static, TSchema } from "typebox";
import { addDeskRoute, type HttpServer } from "../../../http/index.ts";
import { OrderShape } from "../answer-schemas.ts";
import { OrderParams } from "../schemas.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { changeOrder, type OrderAct } from "./change-order.ts";

export interface ChangeRequest<Body extends TSchema> {
  readonly request: FastifyRequest;
  readonly caller: OrderCaller;
  /** The order's id. */
  readonly id: number;
  readonly body: Static<Body>;
}

export interface ChangeRoute<Body extends TSchema> {
  /** Default: POST. */
  readonly method?: "POST" | "PATCH";
  /** The path below /orders/:id. */
  readonly path: string;
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly body?: Body;
  /** The answer. Default: the order. */
  readonly answer?: TSchema;
  /** The status. Default: 200. */
  readonly status?: 200 | 201;
  /** @throws AppError what is wrong with the request */
  readonly act: (came: ChangeRequest<Body>) => OrderAct | Promise<OrderAct>;
}

export function addChangeRoute<Body extends TSchema>(
  server: HttpServer,
  services: OrderServices,
  { path, act, ...route }: ChangeRoute<Body>,
): void {
  addDeskRoute<typeof OrderParams, Body>(server, {
    url: `/orders/:id${path}`,
    params: OrderParams,
    answer: OrderShape,
    status: 200,
    ...route,
    run: async (request, caller) => {
      const { id } = request.params;
      const change = await act({ request, caller, id, body: request.body });
      return changeOrder(services, caller, { id, act: change });
    },
  });
}
