// Where /metrics is read: at the program's own address, or at a separate, internal one (METRICS_PORT); with METRICS_TOKEN
// only by the bearer of that token. One scrape is made at a time, however many clients ask and however often.
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AppError } from "../../values/app-error.ts";
import type { HttpServer } from "../http-server.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsDoor {
  readonly metrics: Metrics;
  /** Undefined: anybody who reaches the address may read. */
  readonly token: string | undefined;
}

/** /metrics on the program's own server. */
export function addMetricsRoute(server: HttpServer, { metrics, token }: MetricsDoor): void {
  const scrape = createScrape(() => metrics.registry.metrics());
  server.get(
    "/metrics",
    {
      config: { public: true },
      schema: {
        tags: ["Operations"],
        summary: "Prometheus metrics",
        description: "With METRICS_TOKEN for its bearer alone; with METRICS_PORT at that port instead.",
        security: [],
      },
    },
    async ({ headers }, reply) => {
      if (!mayRead(headers.authorization, token))
        throw new AppError("unauthenticated", "unauthenticated", {
          message: "send the bearer METRICS_TOKEN",
        });
      return reply.header("content-type", metrics.registry.contentType).send(await scrape());
    },
  );
}

const CONNECTIONS_MAX = 32;
const REQUEST_MS_MAX = 5_000;

/**
 * A separate server only for /metrics; resolves when it listens.
 * @throws Error of Node's where the address cannot be used
 */
export async function openMetricsServer(
  { metrics, token }: MetricsDoor,
  address: { readonly host: string; readonly port: number },
): Promise<Server> {
  const scrape = createScrape(() => metrics.registry.metrics());
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const status = judge(request, token);
    if (status !== 200) {
      response.writeHead(status, status === 401 ? { "www-authenticate": "Bearer" } : {}).end();
      return;
    }
    response.setHeader("content-type", metrics.registry.contentType);
    response.end(await scrape());
  };
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
    (request, response) => {
      answer(request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = REQUEST_MS_MAX;
  server.listen(address);
  await once(server, "listening");
  return server;
}

function judge({ method, url, headers }: IncomingMessage, token: string | undefined): 200 | 401 | 404 {
  if (method !== "GET" || url?.split("?")[0] !== "/metrics") return 404;
  return mayRead(headers.authorization, token) ? 200 : 401;
}

/** Compared by digests, so that the time it takes reveals neither length nor beginning. */
function mayRead(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const [, given = ""] = /^Bearer (.+)$/i.exec(authorization ?? "") ?? [];
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** All who ask while a scrape is being made share the next one: nobody gets numbers older than their request. */
export function createScrape(render: () => Promise<string>): () => Promise<string> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<string> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const made = render();
      running = made.catch(() => undefined);
      return made;
    });
    return next;
  };
}
