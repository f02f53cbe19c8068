// OpenAPI 3.1 at /openapi.json, made from the routes' own schemas, and a browsable page at /docs,
// to which / leads.
import swagger from "@fastify/swagger";
import reference from "@scalar/fastify-api-reference";
import { type ContentPolicy, readSecurityHeaders } from "./edge.ts";
import type { HttpServer } from "./http-server.ts";
import { completeDocument, type OpenApiDocument } from "./openapi.ts";

/** What the API page needs: its own script and style, some of it inline. */
const PAGE_POLICY: ContentPolicy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'", "data:"],
  frameAncestors: ["'none'"],
};

/** To be called before the routes are added, which it watches. */
export async function addDocs(server: HttpServer): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Countinghouse",
        version: "1",
        description:
          "Orders, stock and money that never disagree. Get a token with `npx countinghouse token --role admin` and put it under Authentication. " +
          "Every POST takes an `Idempotency-Key`: repeat a request with its key and it is carried out once. Refusals are RFC 9457 problem documents. " +
          "The examples work as they are on a new database, in the order in which one thing needs another: 1109 is the first account opened there.",
      },
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
      security: [{ bearer: [] }],
    },
  });
  const config = { public: true };
  let document: OpenApiDocument | undefined;
  server.get("/openapi.json", { config, schema: { hide: true } }, async () => {
    document ??= completeDocument(JSON.parse(JSON.stringify(server.swagger())));
    return document;
  });
  // The address that the start prints: a browser goes on to the page, a program reads where to go.
  server.get("/", { config, schema: { hide: true } }, (_request, reply) =>
    reply.code(302).header("location", "/docs/").send({ docs: "/docs/", openapi: "/openapi.json" }),
  );
  const pageHeaders = readSecurityHeaders(PAGE_POLICY);
  await server.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, public: true };
    });
    scope.addHook("onRequest", (_request, reply, done) => {
      reply.headers(pageHeaders);
      done();
    });
    await scope.register(reference, {
      routePrefix: "/docs",
      configuration: {
        url: "/openapi.json",
        title: "Countinghouse API",
        telemetry: false,
        withDefaultFonts: false,
      },
    });
  });
}
