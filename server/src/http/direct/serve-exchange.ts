// Serves a request on a direct route, after its guards: schemas, the route's hooks, its handler; a refusal by any of them is
// answered as a problem document.
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendProblem, toProblem } from "../problem.ts";
import type { Check, DirectRoute } from "./direct-routes.ts";
import type { Exchange } from "./exchange.ts";
import { runHooks } from "./keep-hooks.ts";

/** Answers with a problem document. */
export type Refuse = (error: Error, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** The steps after the body was read: `request.body` is the parsed body. */
export function serveExchange(route: DirectRoute, exchange: Exchange, refuse: Refuse): void {
  const fail = (error: unknown) => refuseExchange(exchange, refuse, error as Error);
  runHooks(route.hooks.preValidation, exchange, (early) => {
    const refusal = early ?? findMismatch(route.checks, exchange.request);
    if (refusal !== undefined) return fail(refusal);
    runHooks(route.hooks.preHandler, exchange, (late) => {
      if (late != null) return fail(late);
      answer(route, exchange, fail);
    });
  });
}

function answer(
  { handler, scope }: DirectRoute,
  { request, reply }: Exchange,
  fail: (error: unknown) => void,
): void {
  try {
    const answering = handler.call(scope, request, reply) as Promise<object | undefined>;
    answering
      .then((document) => {
        if (document !== undefined && document !== reply) reply.send(document);
      })
      .catch(fail);
  } catch (error) {
    fail(error);
  }
}

/** The first part of the request that does not fit its schema, reported as the framework does. */
function findMismatch(checks: readonly Check[], request: FastifyRequest): Error | undefined {
  for (const { part, context, validate } of checks) {
    if (validate(request[part] ?? null) === false)
      return Object.assign(new Error(context), {
        validation: (validate as { errors?: unknown }).errors,
        validationContext: context,
      });
  }
  return undefined;
}

/** Headers set before the refusal stay, except those about the body. */
export function refuseExchange({ request, reply }: Exchange, refuse: Refuse, error: Error): void {
  reply.removeHeader("content-type");
  refuse(error, request, reply).catch((thrown: unknown) => sendProblem(request, reply, toProblem(thrown)));
}
