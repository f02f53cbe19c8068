// The stream door: GET /stream opens a WebSocket. The opening request passes the framework like every other request, so
// the same hooks check hosts, tokens, permissions and limits; its handler hands the connection over.
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { WebSocketServer } from "ws";
import type { Log } from "../../runtime/log.ts";
import type { HttpServer, Routes } from "../http-server.ts";
import type { Metrics } from "../operations/metrics.ts";
import { describeMissingUpgrade, sendProblem } from "../problem.ts";
import { createMessageServer, type StreamMeans } from "./serve-message.ts";
import { openStream, type Stream } from "./stream.ts";
import { checkOrigin, checkStreamCount, type Upgrade, type Upgrades } from "./upgrades.ts";

export interface StreamSettings {
  /** Most commands under way on one stream. */
  readonly credit: number;
  /** Most streams of one caller. */
  readonly perCaller: number;
  /** A stream without a command for this long is closed. */
  readonly idleMs: number;
}

export interface StreamDoorOptions extends StreamMeans {
  readonly streams: StreamSettings;
  readonly edge: { readonly corsOrigins: readonly string[] };
  readonly upgrades: Upgrades;
  readonly bodyLimitBytes: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

const PROTOCOL = "countinghouse";
/** A message is one command, not a batch: large enough for an order of a thousand lines. */
const MESSAGE_MAX = 262_144;
const PING_EVERY_MS = 20_000;
const GOING_AWAY = 1001;
const IDLE = 4408;

/** Returns the route, to be added with the others. Call this before the server listens. */
export function openStreamDoor(server: HttpServer, options: StreamDoorOptions): Routes {
  const { streams: settings, edge, upgrades } = options;
  const open = createOpener(options);
  const { streams } = open;
  watchAll(server, streams, settings.idleMs);
  addGauges(options.metrics, streams);
  return (scope) => {
    scope.route({
      method: "GET",
      url: "/stream",
      config: { direct: true },
      schema: DOCUMENTED,
      handler: async (request, reply) => {
        const raw = request.raw as IncomingMessage | undefined; // a command of a stream has none
        const asked = raw === undefined ? undefined : upgrades.get(raw);
        if (asked === undefined) {
          sendProblem(request, reply.header("upgrade", "websocket"), describeMissingUpgrade());
          return;
        }
        checkOrigin(request.headers, edge.corsOrigins);
        checkStreamCount(streams, request.actor.id, settings.perCaller);
        reply.hijack();
        reply.raw.detachSocket(request.raw.socket);
        open.accept(request, asked);
      },
    });
  };
}

function createOpener(options: StreamDoorOptions) {
  const { streams: settings, log } = options;
  const messageMax = Math.min(MESSAGE_MAX, options.bodyLimitBytes);
  const streams = new Set<Stream>();
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false, // commands are small, and compression beside a secret can reveal it
    maxPayload: messageMax,
    handleProtocols: (names) => (names.has(PROTOCOL) ? PROTOCOL : false),
  });

  function accept(request: FastifyRequest, { transport, head }: Upgrade): void {
    const { actor, raw, id, ip } = request;
    const { authorization = "", "user-agent": userAgent } = raw.headers;
    const serve = createMessageServer(
      { requestId: id, actorId: actor.id, ip, authorization, userAgent },
      options,
    );
    sockets.handleUpgrade(raw, transport, head, (socket) => {
      const { credit, idleMs } = settings;
      const stream = openStream({ socket, transport }, { actorId: actor.id, credit, serve });
      streams.add(stream);
      const about = { "http.request.id": id, "user.id": actor.id, "client.ip": ip };
      log.info(about, "stream opened");
      socket.on("close", (code) => {
        streams.delete(stream);
        log.info({ ...about, "stream.code": code }, "stream closed");
      });
      socket.send(JSON.stringify({ open: { credit, message_max_bytes: messageMax, idle_ms: idleMs } }));
    });
  }

  return { streams, accept };
}

/** Until the shutdown, which lets all streams finish. */
function watchAll(server: HttpServer, streams: ReadonlySet<Stream>, idleMs: number): void {
  const watch = setInterval(() => watchOver(streams, idleMs), Math.min(PING_EVERY_MS, idleMs / 2));
  watch.unref();
  server.addHook("preClose", async () => {
    clearInterval(watch);
    await Promise.all([...streams].map((stream) => stream.finish(GOING_AWAY, "going away")));
  });
}

function addGauges(metrics: Metrics, streams: ReadonlySet<Stream>): void {
  metrics.addGauge("streams_open", "Streams that are open", () => streams.size);
  metrics.addGauge("stream_commands_under_way", "Commands of streams that wait for their answer", () =>
    [...streams].reduce((sum, stream) => sum + stream.underWay(), 0),
  );
}

/** OpenAPI has no WebSockets: the document mentions the stream in its description, and docs/stream.md has the rest. */
const DOCUMENTED = { hide: true, operationId: "openStream" };

function watchOver(streams: ReadonlySet<Stream>, idleMs: number): void {
  for (const stream of streams) {
    if (!stream.isAlive()) stream.cutOff();
    else if (stream.underWay() === 0 && performance.now() - stream.lastAtMs() > idleMs)
      void stream.finish(IDLE, "no command for STREAM_IDLE_MS");
    else stream.ping();
  }
}
