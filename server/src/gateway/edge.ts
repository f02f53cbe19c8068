// The edge of the program: which hosts it answers as, which other sites' pages may call it, and the security headers of
// every answer.
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import { AppError } from "../values/app-error.ts";
import type { HttpServer } from "./http-server.ts";

export interface EdgeOptions {
  /** Host names that requests may be addressed to; empty: any. */
  readonly trustedHosts: readonly string[];
  /** Origins whose pages may call the API from a browser; empty: none. */
  readonly corsOrigins: readonly string[];
}

const MINUTES_10 = 600;

/** To be called before any route is added. */
export async function guardEdge(server: HttpServer, options: EdgeOptions): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: "same-site" },
    hsts: { maxAge: 31_536_000, includeSubDomains: false },
  });
  if (options.corsOrigins.length > 0)
    await server.register(cors, {
      origin: [...options.corsOrigins],
      methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      exposedHeaders: [
        "etag",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
        "x-request-id",
        "idempotency-replayed",
      ],
      maxAge: MINUTES_10,
    });
  if (options.trustedHosts.length > 0) refuseOtherHosts(server, options.trustedHosts);
}

/** A forged Host must not end up in links or caches. Health checks come by address and are let through. */
function refuseOtherHosts(server: HttpServer, trustedHosts: readonly string[]): void {
  const trusted = new Set(trustedHosts.map((host) => host.toLowerCase()));
  server.addHook("onRequest", (request, _reply, done) => {
    if (request.url.startsWith("/health") || trusted.has(request.hostname.toLowerCase())) return done();
    done(
      new AppError("invalid", "untrusted_host", { message: "this host is not served here (TRUSTED_HOSTS)" }),
    );
  });
}
