// The HTTP server: limits, request ids, authentication, problem documents, metrics. Modules bring their routes.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from "fastify";
import type { Log } from "../runtime/log.ts";
import { type Actor, GUEST } from "../values/actor.ts";
import { AppError } from "../values/app-error.ts";
import { networkOf } from "../values/network.ts";
import { allowEmptyBodies } from "./allow-empty-body.ts";
import { watchMethods } from "./allowed-methods.ts";
import type { Authenticator } from "./authenticate.ts";
import { attachPermissions, checkPermission } from "./authorize.ts";
import { collectDirectRoutes } from "./direct/direct-routes.ts";
import { type Hook, keepHooks } from "./direct/keep-hooks.ts";
import type { Refuse } from "./direct/serve-exchange.ts";
import { createTakeDirect, type TakeDirect } from "./direct/take-direct.ts";
import { type EdgeOptions, guardEdge } from "./edge.ts";
import { type BodyBudget, createBodyBudget } from "./limits/body-budget.ts";
import { createConnectionTurns } from "./limits/connection-turns.ts";
import { createRateLimiter, type RateLimiter, type RateLimits } from "./limits/rate-limit.ts";
import { refuseUnparsed } from "./limits/refuse-unparsed.ts";
import type { Metrics } from "./operations/metrics.ts";
import { describeWrongMethod, sendProblem, toProblem } from "./problem.ts";
import { createJsonReader, readJsonBodies } from "./read-json.ts";
import type { CommandRecorder } from "./routes/command-record.ts";
import { type AcceptEvents, openEventDoor } from "./stream/event-door.ts";
import { openStreamDoor, type StreamSettings } from "./stream/stream-door.ts";
import { asksForStream, receiveUpgrades } from "./stream/upgrades.ts";
import { createValidatorCompiler } from "./validate.ts";

export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
/** Adds a module's routes; registered once under /api/v1 and once without the prefix. */
export type Routes = (server: HttpServer) => void;

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the authentication hook on every route that is not `public`. */
    actor: Actor;
    /** A JSON body as it was sent. */
    bodyText: string | undefined;
    /** The code of the problem document that answers it. */
    problemCode: string | undefined;
  }
  interface FastifyInstance {
    /** The stream's own routes, to be added among the modules'. */
    addStreamRoute: Routes;
    /** Turns a request into a stream of events. */
    acceptEvents: AcceptEvents;
  }
  interface FastifyContextConfig {
    /** Reachable without a token. */
    public?: boolean;
    /** A request without a token comes from a guest, and the route itself decides whether to allow it. */
    guests?: boolean;
  }
}

/** The most memory that all clients together may make the server use. */
export interface HttpBounds {
  readonly connectionsMax: number;
  /** The bytes of request bodies being received. */
  readonly bodiesMax: number;
  /** The bytes of answers that clients have not read yet. */
  readonly unreadMax: number;
}

export interface HttpServerOptions {
  readonly log: Log;
  /** For the log line of each answered request. */
  readonly requestLevel: "info" | "debug";
  readonly metrics: Metrics;
  readonly authenticator: Authenticator;
  /** Writes the audit entry of a command. */
  readonly recordCommand: CommandRecorder;
  /** The time zone of days: a name of the IANA database. */
  readonly timeZone: string;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly edge: EdgeOptions;
  readonly bounds: HttpBounds;
  readonly rateLimits: RateLimits;
  /** Proxies that are trusted to tell the client's address: addresses or networks. */
  readonly trustedProxies: readonly string[];
  /** Whether direct routes are served without the framework (direct/). */
  readonly isDirect: boolean;
  readonly streams: StreamSettings;
  /** Called for every refusal, before it is answered. */
  readonly onRefused?: (request: FastifyRequest, error: AppError) => Promise<void>;
}

const SLOW_CHECK_MS = 1_000;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger, // nothing is logged through a request's own logger
    bodyLimit: options.bodyLimitBytes,
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    requestTimeout: options.requestTimeoutMs,
    // Node's own defaults would give a body a minute (it takes the longer of two limits for it) and look twice a minute.
    http: {
      shouldUpgradeCallback: asksForStream,
      requestTimeout: options.requestTimeoutMs,
      headersTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(options.requestTimeoutMs, SLOW_CHECK_MS),
      requireHostHeader: false, // Node's own refusal has no problem document; edge.ts sends one
    },
    clientErrorHandler: (error, socket) => refuseUnparsed(error, socket as Socket),
    // In which no byte goes either way (connection-turns.ts); later than a request that does not end is told so.
    connectionTimeout: options.requestTimeoutMs + 2 * SLOW_CHECK_MS,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: "idle",
    return503OnClosing: false, // the framework's own answer has neither a problem document nor Retry-After
    genReqId: (raw) => takeRequestId(raw.headers["x-request-id"]),
    requestIdHeader: false,
    frameworkErrors: (error, request, reply) => {
      sendProblem(request, reply, toProblem(error));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  const hooks = keepHooks(server);
  server.decorateRequest("actor");
  server.decorate("recordCommand", options.recordCommand);
  server.decorateRequest("bodyText");
  server.decorateRequest("problemCode");
  const readJson = createJsonReader(server as HttpServer);
  readJsonBodies(server as HttpServer, readJson);
  const bodies = boundConnections(server as HttpServer, options);
  const compile = createValidatorCompiler(options);
  server.setValidatorCompiler(compile);
  // Response schemas document; that answers keep to them is proved by tests. The compiled serializers would drop what a
  // schema does not name without a word, and are slower than JSON.stringify where a field may be null.
  server.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  await guardEdge(server as HttpServer, options.edge); // first, so that a refused request has these headers too
  const refuseWhileClosing = closeAnsweredConnections(server as HttpServer);
  const refuse = createRefusal(options);
  const admitRequest = addHooks(server as HttpServer, { ...options, refuse });
  const routes = collectDirectRoutes(server as unknown as FastifyInstance, { hooks, compile });
  const take = createTakeDirect({ ...options, routes, bodies, takeRequestId, readJson, refuse });
  if (options.isDirect) serveDirectly(server as HttpServer, take);
  const guards = [refuseWhileClosing, admitRequest];
  const upgrades = receiveUpgrades(server as HttpServer);
  server.decorate(
    "addStreamRoute",
    openStreamDoor(server as HttpServer, { ...options, routes, guards, readJson, refuse, upgrades }),
  );
  server.decorate("acceptEvents", openEventDoor(server as HttpServer, { ...options, upgrades }));
  // "Expect: something" that is not understood may be ignored (RFC 9110, 10.1.1); Node would answer 417 without a document.
  server.server.on("checkExpectation", (request, response) => server.routing(request, response));
  return server as HttpServer;
}

/** Runs before the framework, which gets every request that is not taken here. */
function serveDirectly(server: HttpServer, take: TakeDirect): void {
  server.server.removeAllListeners("request");
  server.server.on("request", (request, response) => {
    if (!take(request, response)) server.routing(request, response);
  });
}

/** This many waiting requests on all connections together use about 60 MB. */
const WAITING_MAX = 10_000;

/** Runs before any other hook: a request that waits for its turn on its connection costs only its own memory. */
function boundConnections(server: HttpServer, { metrics, bounds }: HttpServerOptions): BodyBudget {
  const onDropped = metrics.countDropped;
  const bodies = createBodyBudget(bounds.bodiesMax, onDropped);
  const turns = createConnectionTurns({
    unreadBytesMax: bounds.unreadMax,
    waitingMax: WAITING_MAX,
    onDropped,
  });
  server.server.maxConnections = bounds.connectionsMax;
  server.addHook("onRequest", (request, reply, done) =>
    turns.enter(request.raw.socket, reply.raw, () => done()),
  );
  server.addHook("preParsing", (...[request, reply, payload, done]) => {
    if (!request.raw.complete) bodies.watch(request.raw, reply.raw);
    done(null, payload);
  });
  metrics.addGauge(
    "http_requests_waiting",
    "Requests that wait until their connection's client has taken the answers before",
    turns.waiting,
  );
  metrics.addGauge("http_bodies_bytes", "Bytes held of the bodies of requests under way", bodies.held);
  return bodies;
}

/**
 * The framework closes idle connections when a shutdown begins; Node keeps a connection that is answered later open
 * for its client's next request, so a persistent client would hold the server until it is ended by force. So the keep-alive
 * time becomes short (Node's own grace is a second); requests within it are answered 503 and `Connection: close`.
 */
function closeAnsweredConnections(server: HttpServer): Hook {
  let isClosing = false;
  server.addHook("preClose", (done) => {
    isClosing = true;
    server.server.keepAliveTimeout = 1;
    done();
  });
  const refuseWhileClosing: Hook = (_request, reply, done) => {
    if (!isClosing) return done();
    reply.header("connection", "close");
    done(new AppError("unavailable", "shutting_down", { message: "this process is shutting down" }));
  };
  server.addHook("onRequest", refuseWhileClosing);
  return refuseWhileClosing;
}

/** A client's own request id is kept where it is harmless, so that one id follows a request through several systems. */
function takeRequestId(given: string | string[] | undefined): string {
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

function addHooks(
  server: HttpServer,
  { log, metrics, authenticator, rateLimits, requestLevel, refuse }: HttpServerOptions & { refuse: Refuse },
): Hook {
  const limiter = createRateLimiter(rateLimits);
  const methodsOf = watchMethods(server);
  attachPermissions(server as unknown as FastifyInstance);
  allowEmptyBodies(server);
  const admitRequest: Hook = (request, reply, done) => {
    reply.header("x-request-id", request.id);
    if (request.headers["traceparent"] !== undefined)
      reply.header("traceparent", request.headers["traceparent"]);
    if (request.is404) return done();
    if (hasEmptyStep(request)) return done(notFound(request));
    const { public: isPublic, limit, guests } = request.routeOptions.config;
    if (limit !== undefined) return attempt(() => limiter.checkNetwork(limit, request, reply), done);
    if (isPublic === true) return done();
    if (guests === true && request.headers.authorization === undefined) {
      request.actor = GUEST;
      return attempt(() => limiter.checkNetwork("user", request, reply), done);
    }
    admit({ authenticator, limiter }, { request, reply }, done);
  };
  server.addHook("onRequest", admitRequest);
  server.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    const status = reply.statusCode;
    metrics.observeRequest({ method: request.method, route, status, seconds: reply.elapsedTime / 1000 });
    const level = status >= 500 ? "warn" : requestLevel;
    if (log.isLevelEnabled(level))
      log[level](describeRequest(request, reply), status >= 500 ? "request failed" : "request");
    done();
  });
  server.setErrorHandler((error, request, reply) => refuse(error as Error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    const path = url.split("?")[0] ?? "";
    const allowed = methodsOf(path);
    if (allowed.length > 0)
      return sendProblem(
        request,
        reply.header("allow", allowed.join(", ")),
        describeWrongMethod(method, allowed),
      );
    return sendProblem(request, reply, toProblem(notFound(request)));
  });
  return admitRequest;
}

/** "/products/" has a step where an id would be, and nothing in it. */
function hasEmptyStep({ params }: Pick<FastifyRequest, "params">): boolean {
  return Object.entries(params as Readonly<Record<string, string>>).some(
    ([name, value]) => value === "" && name !== "*",
  );
}

function notFound({ method, url }: Pick<FastifyRequest, "method" | "url">): AppError {
  const message = `there is no ${method} ${url.split("?")[0]}; /docs lists what there is`;
  return new AppError("not_found", "not_found", { message });
}

/** Answers an error with a problem document, and reports it. */
function createRefusal({ log, onRefused }: HttpServerOptions): Refuse {
  return async (error, request, reply) => {
    const problem = toProblem(error);
    if (error instanceof AppError) await onRefused?.(request, error);
    if (problem.status === 500) log.error({ err: error, "http.request.id": request.id }, "internal error");
    return sendProblem(request, reply, problem);
  };
}

/**
 * A known token is accepted at once. An unknown one waits for its turn to be checked, and only if it is bad does it
 * count against its network: a client with a good token gets in, whatever others on its network send.
 */
function admit(
  { authenticator, limiter }: { readonly authenticator: Authenticator; readonly limiter: RateLimiter },
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  done: (error?: Error) => void,
): void {
  const accept = (actor: Actor) => {
    request.actor = actor;
    attempt(() => {
      checkPermission(request);
      limiter.checkActor(request, reply);
    }, done);
  };
  const refuse = (error: Error) =>
    attempt(() => {
      if (error instanceof AppError && error.kind === "unauthenticated")
        limiter.checkNetwork("anonymous", request, reply);
      throw error;
    }, done);
  const { authorization } = request.headers;
  const known = authenticator.recall(authorization);
  if (known !== undefined) {
    accept(known);
    return;
  }
  authenticator.verify(authorization, networkOf(request.ip)).then(accept, refuse);
}

function attempt(step: () => void, done: (error?: Error) => void): void {
  let refusal: Error | undefined;
  try {
    step();
  } catch (error) {
    refusal = error as Error;
  }
  done(refusal);
}

function describeRequest(request: FastifyRequest, reply: FastifyReply): object {
  return {
    "http.request.id": request.id,
    "http.request.method": request.method,
    "url.path": request.url.split("?")[0],
    "http.response.status_code": reply.statusCode,
    "error.code": request.problemCode,
    "event.duration": Math.round(reply.elapsedTime * 1e6),
    "user.id": (request.actor as Actor | undefined)?.id,
    "client.ip": request.ip,
  };
}
