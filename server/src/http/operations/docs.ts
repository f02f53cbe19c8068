// OpenAPI 3.1 at /openapi.json, made from the routes' own schemas, and a browsable page at /docs, to which / leads. All of
// it is fixed: made once, compressed once. The page runs no script but the two files that it names.
import swagger from "@fastify/swagger";
import { type ContentPolicy, readSecurityHeaders } from "../edge.ts";
import type { HttpServer } from "../http-server.ts";
import { createFixedAnswer, type SendFixed } from "./fixed-answer.ts";
import { completeDocument } from "./openapi.ts";

/** What the API page needs: its own scripts, and styles, which its script writes into the page. */
const PAGE_POLICY: ContentPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  connectSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'", "data:"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <title>Countinghouse API</title>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
  </head>
  <body>
    <div id="app"></div>
    <script src="js/scalar.js"></script>
    <script src="js/start.js"></script>
  </body>
</html>
`;
const START = `Scalar.createApiReference("#app", ${JSON.stringify({
  url: "/openapi.json",
  telemetry: false,
  withDefaultFonts: false,
})});
`;

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
  const sendDocument = createFixedAnswer("application/json; charset=utf-8", async () => {
    const document = completeDocument(JSON.parse(JSON.stringify(server.swagger())));
    return Buffer.from(JSON.stringify(document));
  });
  serve(server, "/openapi.json", sendDocument);
  // The address that the start prints: a browser goes on to the page, a program reads where to go.
  server.get("/", { config: { public: true }, schema: { hide: true } }, (_request, reply) =>
    reply.code(302).header("location", "/docs/").send({ docs: "/docs/", openapi: "/openapi.json" }),
  );
  await server.register(async (scope) => addPage(scope as HttpServer));
}

function addPage(server: HttpServer): void {
  const headers = readSecurityHeaders(PAGE_POLICY);
  server.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  server.get("/docs", { config: { public: true }, schema: { hide: true } }, (_request, reply) =>
    reply.redirect("/docs/", 301),
  );
  const script = "text/javascript; charset=utf-8";
  serve(
    server,
    "/docs/",
    createFixedAnswer("text/html; charset=utf-8", async () => Buffer.from(PAGE)),
  );
  serve(
    server,
    "/docs/js/start.js",
    createFixedAnswer(script, async () => Buffer.from(START)),
  );
  serve(server, "/docs/js/scalar.js", createFixedAnswer(script, readPageScript));
}

function serve(server: HttpServer, path: string, send: SendFixed): void {
  server.get(path, { config: { public: true }, schema: { hide: true } }, send);
}

/** The package only hands its script out through a route; four megabytes that no start needs to read. */
async function readPageScript(): Promise<Buffer> {
  const [{ default: reference }, { default: Fastify }] = await Promise.all([
    import("@scalar/fastify-api-reference"),
    import("fastify"),
  ]);
  const inner = Fastify();
  await inner.register(reference, { routePrefix: "/docs", configuration: { url: "/openapi.json" } });
  const { rawPayload } = await inner.inject("/docs/js/scalar.js");
  await inner.close();
  return rawPayload;
}
