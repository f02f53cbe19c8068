// Requests that ask for a WebSocket: they pass the framework like every other request, so the same hooks check hosts, tokens,
// permissions and limits; the handler of their route then takes the connection over.
import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../../values/app-error.ts";
import type { HttpServer } from "../http-server.ts";

/** The paths that take one: commands with answers, and the events of trading. */
const PATHS = [/^(?:\/api\/v1)?\/stream$/, /^(?:\/api\/v1)?\/trading\/stream(?:\?|$)/];

/** For Node: a request that is not upgraded is an ordinary request, and answered as one. */
export function asksForStream({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    PATHS.some((path) => path.test(url ?? "")) &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    headers["sec-websocket-version"] === "13" &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")
  );
}

export interface Upgrade {
  readonly transport: Duplex;
  readonly head: Buffer;
}

export type Upgrades = WeakMap<IncomingMessage, Upgrade>;

/** Passes a request for a WebSocket to the framework like every other request. */
export function receiveUpgrades(server: HttpServer): Upgrades {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  server.server.on("upgrade", (raw, transport, head) => {
    upgrades.set(raw, { transport, head });
    readTokenOfPage(raw);
    const response = new ServerResponse(raw);
    response.assignSocket(raw.socket);
    response.shouldKeepAlive = false; // refused: bytes that follow must not be read as another request
    response.on("finish", () => transport.end());
    server.routing(raw, response);
  });
  return upgrades;
}

/** A page cannot set Authorization on a WebSocket; it can send its token as a protocol: `["countinghouse", "bearer.<token>"]`. */
function readTokenOfPage({ headers }: IncomingMessage): void {
  const [, token] = /(?:^|,)\s*bearer\.([\w.~+-]+)/.exec(headers["sec-websocket-protocol"] ?? "") ?? [];
  if (token !== undefined && headers.authorization === undefined) headers.authorization = `Bearer ${token}`;
}

/** A browser tells whose page asks, but sends no preflight request, as it does for other requests. */
export function checkOrigin({ origin, host }: IncomingHttpHeaders, corsOrigins: readonly string[]): void {
  if (origin === undefined || corsOrigins.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  const message = "pages of this origin may not open a stream (CORS_ORIGINS)";
  throw new AppError("forbidden", "untrusted_origin", { message });
}

export function checkStreamCount(
  streams: ReadonlySet<{ readonly actorId: string }>,
  actorId: string,
  perCaller: number,
): void {
  const open = [...streams].filter((stream) => stream.actorId === actorId).length;
  if (open < perCaller) return;
  const message = `${perCaller} streams of yours are open; use one of them, or close one`;
  throw new AppError("too_many", "too_many_streams", { message, retryAfterSeconds: 1 });
}
