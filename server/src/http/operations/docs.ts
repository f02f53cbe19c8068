// OpenAPI 3.1 at /openapi.json, made from the routes' own schemas, and a browsable page at /docs. All of it is fixed: built
// once, compressed once. The page runs only the two script files that it names, contacts no other server, and hides
// the offers of its maker.
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
    <meta charset="utf-8" />
    <title>Countinghouse API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="icon" href="../favicon.svg" type="image/svg+xml" />
  </head>
  <body>
    <div id="app"></div>
    <script src="js/scalar.js"></script>
    <script src="js/start.js"></script>
  </body>
</html>
`;
/** The page's settings. Requests go to the server that sent the page, whatever address the document names. */
const SETTINGS = {
  url: "../openapi.json",
  telemetry: false,
  withDefaultFonts: false,
  // The maker's offers: assistants, servers for them, a client in its cloud, sharing, publishing.
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  externalUrls: { dashboardUrl: "", registryUrl: "", proxyUrl: "", apiBaseUrl: "" },
  customCss: 'a[href*="scalar.com"] { display: none !important; }',
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  orderSchemaPropertiesBy: "preserve",
};
const START = `Scalar.createApiReference("#app", {
  ...${JSON.stringify(SETTINGS)},
  servers: [{ url: new URL("..", location.href).href.replace(/\\/$/, "") }],
  setPageTitle: ({ title, document }) => (title && title !== document.title ? title + " · " : "") + "Countinghouse API",
});
`;

/** The order of the page's sections: what a newcomer needs comes first. */
const TAGS: readonly (readonly [name: string, what: string])[] = [
  ["Sign in", "Register, sign in and out, refresh, forgotten passwords, passkeys."],
  ["Products", "What is sold: search, prices, images."],
  ["Orders", "What customers buy: placing, previewing, changing, cancelling."],
  ["Carts", "What is about to be bought, also by guests."],
  ["Payments", "How orders are paid: cards, balances, invoices."],
  ["Fulfilment", "Shipping, whole orders or parts."],
  ["Returns and refunds", "Goods that come back, money that goes back, credit notes."],
  ["Stock", "Locations, receipts, adjustments, suppliers."],
  ["Categories", "The tree that products hang in."],
  ["Coupons", "What makes orders cheaper."],
  ["Analytics", "Turnover, products, customers."],
  ["Accounts", "The bank under the shop: customers' accounts, balances, statements."],
  ["Transactions", "Deposits, withdrawals, transfers, and undoing them."],
  ["Holds", "Money set aside, to be taken later."],
  ["Exchange", "Rates, and changing money."],
  ["Assets", "Currencies and other things that are counted."],
  ["Trading", "Securities: instruments, quotes, orders, positions."],
  ["Me", "The one who is signed in."],
  ["Second factor", "Authenticator apps, passkeys, recovery codes."],
  ["API keys", "Keys for programs."],
  ["Users", "People and their roles (administrators)."],
  ["Risk", "What was flagged, blocked or has to be reviewed."],
  ["Audit", "The trail of all commands, and its proofs."],
  ["Integrity", "Whether ledger, stock, payments and orders agree."],
  ["Operations", "Health, metrics, keys."],
];

const DESCRIPTION = `Orders, stock and money that never disagree.

**Signing in.** \`POST /api/v1/auth/register\` makes an account (the first one looks after the shop, outside production),
\`POST /api/v1/auth/login\` answers an \`access_token\`: put it under *Authentication*. While developing,
\`npx countinghouse token --role admin\` prints one too.

**Paths.** Everything is below \`/api/v1\`. The same paths without it, such as \`/orders\` for \`/api/v1/orders\`, are another
name of the current version.

**Repeating.** Every POST takes an \`Idempotency-Key\`: repeat a request with its key and it is carried out once. Refusals are
RFC 9457 problem documents.

**Sending much.** \`GET /api/v1/stream\` is a WebSocket: one JSON command a message, \`{"id": 7, "op": "POST /transactions", "key": "…",
"body": {…}}\`, judged and answered as over HTTP, each by itself after its commit. docs/stream.md tells all of it.

**Examples** work as they are on a new database, in the order in which one thing needs another: 1109 is the first account
opened there.`;

/**
 * Call this before the routes are added, because it records them.
 * @param publicUrl where clients reach the server; asked when the document is first read
 */
export async function addDocs(server: HttpServer, publicUrl: () => string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Countinghouse",
        version: "1",
        description: DESCRIPTION,
      },
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
      security: [{ bearer: [] }],
      tags: TAGS.map(([name, description]) => ({ name, description })),
    },
  });
  const sendDocument = createFixedAnswer("application/json; charset=utf-8", async () => {
    const document = completeDocument(JSON.parse(JSON.stringify(server.swagger())));
    document["servers"] = [{ url: publicUrl().replace(/\/+$/, "") }];
    return Buffer.from(JSON.stringify(document));
  });
  serve(server, "/openapi.json", sendDocument);
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

/** The package offers its script only through a route; these four megabytes are not read at the start. */
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
