// The edge of the program: the host names it answers to, the other sites whose pages may call it, and the security headers of
// every answer.
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "@fastify/cors";
import helmet, { type HelmetOptions } from "helmet";
import { AppError, invalidField } from "../values/app-error.ts";
import { findBroken } from "./forms.ts";
import type { HttpServer } from "./http-server.ts";

export interface EdgeOptions {
  /** Host names that requests may be addressed to; empty: any. */
  readonly trustedHosts: readonly string[];
  /** Origins whose pages may call the API from a browser; empty: none. */
  readonly corsOrigins: readonly string[];
}

const MINUTES_10 = 600;

/** Answers are data: even if a browser renders one, it may load nothing for it. */
const ANSWER_POLICY: ContentPolicy = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

export type ContentPolicy = Readonly<Record<string, string[]>>;

/** The security headers of an answer under a policy. They never change, so they are computed once, not per request. */
export function readSecurityHeaders(policy: ContentPolicy): Record<string, string> {
  const options: HelmetOptions = {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    crossOriginResourcePolicy: { policy: "same-site" },
    hsts: { maxAge: 31_536_000, includeSubDomains: false },
  };
  const headers = new Map<string, string>();
  const answer = {
    setHeader: (name: string, value: string) => {
      headers.set(name.toLowerCase(), value);
    },
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return Object.fromEntries(headers);
}

/** Call this before any route is added. */
export async function guardEdge(server: HttpServer, options: EdgeOptions): Promise<void> {
  const headers = readSecurityHeaders(ANSWER_POLICY);
  server.addHook("onRequest", (request, reply, done) => {
    reply.headers(headers);
    done(findMisleading(request.raw));
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

/**
 * Headers that decide whom a request is for, who sends it and what its body is: where one appears twice, programs on the way
 * may each read a different one.
 */
const SINGLE = ["Host", "Authorization", "Content-Type", "Idempotency-Key", "Cart-Token"] as const;
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?(utf-?8|us-ascii)"?\s*(;|$))/i;

/** Why a request is ambiguous; undefined where it is not. */
function findMisleading(request: IncomingMessage): AppError | undefined {
  const { rawHeaders, headers, url = "" } = request;
  for (const name of SINGLE) {
    let count = 0;
    for (let index = 0; index < rawHeaders.length; index += 2)
      if (rawHeaders[index]?.length === name.length && isSameName(rawHeaders[index], name)) count += 1;
    if (count > 1) return invalidField(name, "must be sent once");
  }
  if (headers.host === undefined && request.httpVersion === "1.1")
    return invalidField("Host", "must be sent");
  const query = url.indexOf("?");
  const broken = query === -1 ? undefined : findBroken(url.slice(query + 1));
  if (broken !== undefined) return broken;
  if (OTHER_CHARSET.test(headers["content-type"] ?? ""))
    return invalidField("Content-Type", "must be of UTF-8, or name no charset");
  const coding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (coding === "identity" || coding === "") return undefined;
  return new AppError("invalid", "unsupported_content_encoding", {
    message: "send the body as it is, without Content-Encoding",
  });
}

function isSameName(sent: string | undefined, name: string): boolean {
  return sent?.toLowerCase() === name.toLowerCase();
}

/** A forged Host must not end up in links or caches. Health checks use the address as the host and are let through. */
function refuseOtherHosts(server: HttpServer, trustedHosts: readonly string[]): void {
  const trusted = new Set(trustedHosts.map((host) => host.toLowerCase()));
  server.addHook("onRequest", (request, _reply, done) => {
    if (request.url.startsWith("/health") || trusted.has(request.hostname.toLowerCase())) return done();
    done(
      new AppError("invalid", "untrusted_host", { message: "this host is not served here (TRUSTED_HOSTS)" }),
    );
  });
}
