// Serves a request on a direct route, past its guards: schemas, hooks of the route, its handler; what any of them refuses is
// answered as a problem document.
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendProblem, toProblem } from "../problem.ts";
import type { Check, DirectRoute } from "./direct-routes.ts";
import type { Exchange } from "./exchange.ts";
import { runHooks } from "./keep-hooks.ts";

/** Answers with a problem document. */
export type Refuse = (error: Error, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** From the body on: `request.body` is what was parsed. */
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

/** The first part of the request that does not fit, as the framework tells of it. */
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

/** Whatever an answer had been given before its refusal stays, but for what the body was to be. */
export function refuseExchange({ request, reply }: Exchange, refuse: Refuse, error: Error): void {
  reply.removeHeader("content-type");
  refuse(error, request, reply).catch((thrown: unknown) => sendProblem(request, reply, toProblem(thrown)));
}
