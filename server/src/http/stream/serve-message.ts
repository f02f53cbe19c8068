// Serves one message of a stream: reads its command and runs it on its direct route, behind every request's guards. The token
// is checked with every command, so an expired or revoked token stops working at once.
import type { FastifyRequest } from "fastify";
import { AppError } from "../../values/app-error.ts";
import type { DirectRoutes, FoundRoute } from "../direct/direct-routes.ts";
import { type Exchange, type Outcome, openExchange, readField } from "../direct/exchange.ts";
import { type Hook, runHooks } from "../direct/keep-hooks.ts";
import { type Refuse, refuseExchange, serveExchange } from "../direct/serve-exchange.ts";
import { renderProblem, toProblem } from "../problem.ts";
import type { ReadJson } from "../read-json.ts";
import { readMessageId, readStreamCommand, type StreamCommand, withoutEnvelope } from "./stream-command.ts";

export interface StreamMeans {
  readonly routes: DirectRoutes;
  /** The guards of every request: whether the program still serves, who asks, what they may do and how often. */
  readonly guards: readonly Hook[];
  readonly readJson: ReadJson;
  readonly refuse: Refuse;
}

/** The owner of the stream, according to the request that opened it. */
export interface StreamCaller {
  readonly requestId: string;
  readonly actorId: string;
  readonly ip: string;
  readonly authorization: string;
  readonly userAgent: string | undefined;
}

/** Serves the bytes of a message; `answer` is called once, with JSON text. */
export type ServeMessage = (bytes: Buffer, answer: (text: string) => void) => void;

const PREFIX = "/api/v1";
/** The headers of an answer that say something its body does not. */
const TOLD = ["etag", "idempotency-replayed", "retry-after", "ratelimit", "ratelimit-policy"] as const;

export function createMessageServer(caller: StreamCaller, means: StreamMeans): ServeMessage {
  let { authorization } = caller;
  let count = 0;

  function serveCommand(command: StreamCommand, { requestId, answer }: Serving): void {
    const found = findRoute(command, means.routes);
    const isRenewal = command.token !== undefined;
    const given = isRenewal ? `Bearer ${command.token}` : authorization;
    const exchange = openCommandExchange(found, command, { caller, requestId, authorization: given, answer });
    runHooks(means.guards, exchange, (error) => {
      if (error !== undefined) refuseExchange(exchange, means.refuse, error);
      else if (isRenewal) renew(exchange, given);
      else serveFound(found, exchange, { command, refuse: means.refuse });
    });
  }

  /** A stream's idempotency keys belong to its caller, so the caller must not change. */
  function renew(exchange: Exchange, given: string): void {
    if (exchange.request.actor.id === caller.actorId) {
      authorization = given;
      exchange.reply.send({ authenticated: true });
      return;
    }
    const message = "this stream is another caller's: open one of your own";
    refuseExchange(exchange, means.refuse, new AppError("forbidden", "forbidden", { message }));
  }

  return (bytes, answer) => {
    count += 1;
    const requestId = `${caller.requestId}:${count}`;
    means.readJson({} as FastifyRequest, bytes, (error, message) => {
      const refuse = (refusal: Error) => answer(renderRefusal(readMessageId(message), requestId, refusal));
      if (error !== null) return refuse(error instanceof AppError ? withoutEnvelope(error) : error);
      try {
        serveCommand(readStreamCommand(message), { requestId, answer });
      } catch (refusal) {
        refuse(refusal as Error);
      }
    });
  };
}

interface Serving {
  readonly requestId: string;
  readonly answer: (text: string) => void;
}

/** @throws AppError `not_found/not_found` naming the operations that exist */
function findRoute({ method, path }: StreamCommand, routes: DirectRoutes): FoundRoute {
  const found = routes.find(method, path.startsWith(`${PREFIX}/`) ? path : PREFIX + path);
  if (found !== undefined) return found;
  const known = routes.list(PREFIX).filter((name) => !name.endsWith(" /stream"));
  const message = `a stream does not take ${method} ${path}; it takes ${known.join(", ")}; the rest is asked over HTTP`;
  throw new AppError("not_found", "not_found", { message });
}

function openCommandExchange(
  { route, params }: FoundRoute,
  { id, method, path, key, body }: StreamCommand,
  {
    caller: { ip, userAgent },
    requestId,
    authorization,
    answer,
  }: Serving & { readonly caller: StreamCaller; readonly authorization: string },
): Exchange {
  const headers = {
    authorization,
    ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const url = path.startsWith(`${PREFIX}/`) ? path : PREFIX + path;
  const exchange: Exchange = openExchange(
    route,
    { id: requestId, method, url, headers, params, query: {}, ip, raw: undefined },
    {
      raw: undefined,
      deliver: (outcome) => {
        answer(renderAnswer(id, outcome));
        runHooks(route.hooks.onResponse, exchange, () => undefined);
      },
    },
  );
  return exchange;
}

function serveFound(
  { route }: FoundRoute,
  exchange: Exchange,
  { command: { body }, refuse }: { readonly command: StreamCommand; readonly refuse: Refuse },
): void {
  if (route.takesBody) {
    exchange.request.body = body;
    exchange.request.bodyText = body === undefined ? undefined : JSON.stringify(body);
  }
  serveExchange(route, exchange, refuse);
}

/** The body is sent as it was stored, byte for byte. */
function renderAnswer(id: string | number, { status, fields, body }: Outcome): string {
  let told = "";
  for (const name of TOLD) {
    const value = readField(fields, name);
    if (value !== undefined) told += `${told === "" ? "" : ","}"${name}":${JSON.stringify(value)}`;
  }
  const headers = told === "" ? "" : `"headers":{${told}},`;
  return `{"id":${JSON.stringify(id)},"status":${status},${headers}"body":${body}}`;
}

function renderRefusal(id: string | number | null, requestId: string, refusal: Error): string {
  const problem = toProblem(refusal);
  return `{"id":${JSON.stringify(id)},"status":${problem.status},"body":${renderProblem(problem, requestId)}}`;
}
