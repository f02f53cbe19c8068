// The direct way: Node's own HTTP server serves an ordinary request on a route marked `direct` without the framework,
// with the same hooks, schemas and handler. Any unusual request is left to the framework, which remains the reference for
// correct behavior; a test sends the same requests both ways and compares. Measured: see docs/decisions.
import type { IncomingMessage, ServerResponse } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import { parse as parseQuery } from "fast-querystring";
import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError } from "../../values/app-error.ts";
import type { BodyBudget } from "../limits/body-budget.ts";
import type { DirectRoute, DirectRoutes, FoundRoute } from "./direct-routes.ts";
import { type Answering, type Exchange, openExchange } from "./exchange.ts";
import { runHooks } from "./keep-hooks.ts";
import { type Refuse, refuseExchange, serveExchange } from "./serve-exchange.ts";

export interface DirectOptions {
  readonly routes: DirectRoutes;
  readonly bodies: BodyBudget;
  readonly bodyLimitBytes: number;
  readonly trustedProxies: readonly string[];
  readonly takeRequestId: (given: string | string[] | undefined) => string;
  /** Reads the bytes of a JSON body into `request.bodyText`, and returns the parsed body. */
  readonly readJson: (
    request: FastifyRequest,
    bytes: Buffer,
    done: (error: Error | null, body?: unknown) => void,
  ) => void;
  readonly refuse: Refuse;
}

/** Serves a request and returns true, or leaves it untouched and returns false. */
export type TakeDirect = (request: IncomingMessage, response: ServerResponse) => boolean;

const JSON_TYPES: ReadonlySet<string> = new Set(["application/json", "application/json; charset=utf-8"]);
/** Headers that mean something to the framework, or to a hook, and are not handled here. */
const UNUSUAL = [
  "transfer-encoding",
  "content-encoding",
  "expect",
  "upgrade",
  "origin",
  "x-forwarded-host",
  "accept-version",
];

export function createTakeDirect(options: DirectOptions): TakeDirect {
  const { routes, bodyLimitBytes, takeRequestId } = options;
  const findIp = createIpFinder(options.trustedProxies);
  return (raw, response) => {
    const { path, query } = splitUrl(raw.url ?? "");
    const found = query === undefined ? undefined : routes.find(raw.method ?? "", path);
    if (found === undefined || !isOrdinary(raw, found, bodyLimitBytes)) return false;
    const asked = {
      id: takeRequestId(raw.headers["x-request-id"]),
      method: raw.method ?? "",
      url: raw.url ?? "",
      headers: raw.headers,
      params: found.params,
      query: query === "" ? {} : (parseQuery(query ?? "") as Record<string, unknown>),
      ip: findIp(raw),
      raw,
    };
    const exchange = openExchange(found.route, asked, { raw: response, deliver: deliverTo(response) });
    serve(exchange, { response, route: found.route }, options);
    return true;
  };
}

/** `query` is undefined where it is in an unusual spelling. */
function splitUrl(url: string): { readonly path: string; readonly query: string | undefined } {
  const at = url.indexOf("?");
  if (at < 0) return { path: url, query: "" };
  const query = url.slice(at + 1);
  return { path: url.slice(0, at), query: PLAIN_QUERY.test(query) ? query : undefined };
}

/** A fragment is none of the server's business, and the framework cuts it off. */
const PLAIN_QUERY = /^[\x21\x22\x24-\x7e]*$/;

function isOrdinary(
  { headers, httpVersion }: IncomingMessage,
  { route }: FoundRoute,
  lengthMax: number,
): boolean {
  if (httpVersion !== "1.1") return false;
  for (const name of UNUSUAL) if (Object.hasOwn(headers, name)) return false;
  const length = headers["content-length"];
  if (!route.takesBody) return length === undefined && headers["content-type"] === undefined;
  return JSON_TYPES.has(headers["content-type"] ?? "") && Number(length) > 0 && Number(length) <= lengthMax;
}

/** Headers set by our own proxies are not the client's. */
function createIpFinder(trustedProxies: readonly string[]): (raw: IncomingMessage) => string {
  if (trustedProxies.length === 0) return ({ socket }) => socket.remoteAddress ?? "";
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (raw) => proxyAddr(raw, isTrusted);
}

function deliverTo(response: ServerResponse): Answering["deliver"] {
  return ({ status, fields, body }) => {
    if (body.length > 0) fields.push("content-length", String(Buffer.byteLength(body)));
    response.writeHead(status, fields).end(body);
  };
}

function serve(
  exchange: Exchange,
  { response, route }: { readonly response: ServerResponse; readonly route: DirectRoute },
  { bodies, readJson, refuse }: DirectOptions,
): void {
  const { request, reply } = exchange;
  response.once("close", () => runHooks(route.hooks.onResponse, exchange, () => undefined));
  runHooks(route.hooks.onRequest, exchange, (error) => {
    if (error != null) return refuseExchange(exchange, refuse, error);
    if (!route.takesBody) return serveExchange(route, exchange, refuse);
    const misread = (wrong: Error) => refuseExchange(exchange, refuse, closing(reply, wrong));
    readBody(request.raw, { bodies, response }, (broken, bytes) => {
      if (bytes === undefined) return misread(broken ?? new Error("no body"));
      readJson(request, bytes, (wrong, body) => {
        if (wrong !== null) return misread(wrong);
        request.body = body;
        serveExchange(route, exchange, refuse);
      });
    });
  });
}

/** A client whose body cannot be read may still be sending the rest of it. */
function closing(reply: FastifyReply, error: Error): Error {
  reply.header("connection", "close");
  return error;
}

function readBody(
  raw: IncomingMessage,
  { bodies, response }: { readonly bodies: BodyBudget; readonly response: ServerResponse },
  done: (error: Error | undefined, bytes?: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  const count = raw.complete ? undefined : bodies.count(raw, response);
  raw.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    count?.(chunk);
  });
  raw.on("end", () => done(undefined, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  raw.on("error", ({ message }) => done(new AppError("invalid", "invalid_request", { message })));
}
