// The routes that are served without the framework, recorded as they are added to it: their schemas, permission, hooks and
// handler. A route asks for this itself, by `config: { direct: true }`.
import type { AnySchema } from "ajv";
import type { FastifyInstance, FastifySchemaCompiler, RouteHandlerMethod, RouteOptions } from "fastify";
import { HOOK_NAMES, type Hook, type HookName, type KeptHooks } from "./keep-hooks.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Served without the framework where the request is an ordinary one, and on the stream. */
    direct?: boolean;
  }
}

export interface DirectRoute {
  readonly scope: FastifyInstance;
  readonly handler: RouteHandlerMethod;
  /** As `request.routeOptions` has them. */
  readonly options: RouteOptions;
  readonly hooks: Readonly<
    Record<"onRequest" | "preValidation" | "preHandler" | "onResponse", readonly Hook[]>
  >;
  readonly checks: readonly Check[];
  readonly takesBody: boolean;
}

/** A part of the request and the compiled schema that it has to fit. */
export interface Check {
  readonly part: "params" | "body" | "query";
  /** The name of this part in a refusal. */
  readonly context: "params" | "body" | "querystring";
  readonly validate: ReturnType<FastifySchemaCompiler<AnySchema>>;
}

export interface FoundRoute {
  readonly route: DirectRoute;
  readonly params: Record<string, string>;
}

export interface DirectRoutes {
  /** @param path exactly as sent, without its query; a path in an unusual spelling is not found */
  readonly find: (method: string, path: string) => FoundRoute | undefined;
  /** "POST /transactions": all routes that begin with the prefix, without it. */
  readonly list: (prefix: string) => readonly string[];
}

/** Call this before any route is added; routes can be found once the server is ready. */
export function collectDirectRoutes(
  server: FastifyInstance,
  { hooks, compile }: { readonly hooks: KeptHooks; readonly compile: FastifySchemaCompiler<AnySchema> },
): DirectRoutes {
  const added: { readonly scope: FastifyInstance; readonly options: RouteOptions }[] = [];
  const routes = new Map<string, DirectRoute>();
  server.addHook("onRoute", function collect(this: FastifyInstance, options) {
    if (options.config?.direct === true && (options.method === "GET" || options.method === "POST"))
      added.push({ scope: this, options });
  });
  server.addHook("onReady", async () => {
    for (const { scope, options } of added)
      routes.set(`${String(options.method)} ${options.url}`, build(scope, options, { hooks, compile }));
  });
  return {
    find: (method, path) => find(routes, method, path),
    list: (prefix) =>
      [...routes.keys()]
        .map((name) => name.split(" "))
        .flatMap(([method, path = ""]) =>
          path.startsWith(prefix) ? [`${method} ${path.slice(prefix.length)}`] : [],
        ),
  };
}

/** An id in the usual form; a path in any other form is left to the framework. */
const WITH_ID = /^((?:\/[a-z][a-z0-9-]*)+\/)([1-9][0-9]{0,15})((?:\/[a-z-]+)?)$/;

function find(
  routes: ReadonlyMap<string, DirectRoute>,
  method: string,
  path: string,
): FoundRoute | undefined {
  const plain = routes.get(`${method} ${path}`);
  if (plain !== undefined) return path.includes(":") ? undefined : { route: plain, params: {} };
  const [, before, id, after] = WITH_ID.exec(path) ?? [];
  if (before === undefined || id === undefined) return undefined;
  const route = routes.get(`${method} ${before}:id${after}`);
  return route === undefined ? undefined : { route, params: { id } };
}

type Means = Parameters<typeof collectDirectRoutes>[1];

function build(scope: FastifyInstance, options: RouteOptions, { hooks, compile }: Means): DirectRoute {
  const of = (name: HookName) => [...hooks.of(scope, name), ...listOf(options[name])] as Hook[];
  const unknown = HOOK_NAMES.filter((name) => !RUN.has(name) && of(name).length > 0);
  if (unknown.length > 0)
    throw new Error(`${options.url} cannot be served directly: it has ${unknown.join(", ")}`);
  const { params, body, querystring } = options.schema ?? {};
  const parts = [
    { part: "params", context: "params", schema: params },
    { part: "body", context: "body", schema: body },
    { part: "query", context: "querystring", schema: querystring },
  ] as const;
  const { method, url } = options;
  return {
    scope,
    handler: options.handler,
    options,
    takesBody: method === "POST",
    hooks: {
      onRequest: of("onRequest"),
      preValidation: of("preValidation"),
      preHandler: of("preHandler"),
      onResponse: of("onResponse"),
    },
    checks: parts.flatMap(({ part, context, schema }) =>
      schema === undefined || schema === null
        ? []
        : [{ part, context, validate: compile({ schema, method: String(method), url, httpPart: context }) }],
    ),
  };
}

/** `preParsing` holds only the budget of bodies, which take-direct.ts applies itself. */
const RUN: ReadonlySet<HookName> = new Set([
  "onRequest",
  "preParsing",
  "preValidation",
  "preHandler",
  "onResponse",
]);

function listOf<T>(hooks: T | readonly T[] | undefined): readonly T[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks as T];
}
