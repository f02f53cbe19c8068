// Streams of events: one connection that stays open, by Server-Sent Events or, where the request asks for it, by WebSocket. The
// door watches over all of them: heartbeats, tokens that end, readers that are too slow, the shutdown.
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { WebSocketServer } from "ws";
import type { Actor } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import { networkOf } from "../../values/network.ts";
import type { Authenticator } from "../authenticate.ts";
import type { HttpServer } from "../http-server.ts";
import type { Metrics } from "../operations/metrics.ts";
import {
  createEventSocket,
  createEventSource,
  type EndReason,
  type EventTransport,
  type StreamedEvent,
} from "./event-transport.ts";
import type { StreamSettings } from "./stream-door.ts";
import { checkOrigin, checkStreamCount, type Upgrades } from "./upgrades.ts";

export interface EventStream {
  readonly actor: Actor;
  readonly isOpen: () => boolean;
  /** The client has much unread: send nothing until `onDrained` tells that it has read. */
  readonly isFull: () => boolean;
  readonly send: (event: StreamedEvent) => void;
  /** Sends the last event, and closes. */
  readonly end: (reason: EndReason, message: string) => void;
  readonly onDrained: (listener: () => void) => void;
  /** Called once, whoever ended it. */
  readonly onClosed: (listener: () => void) => void;
}

/** @throws AppError `too_many/too_many_streams`, `forbidden/untrusted_origin`; before it, the caller has refused what it refuses */
export type AcceptEvents = (
  request: FastifyRequest,
  reply: FastifyReply,
  begin: (stream: EventStream) => void,
) => void;

export interface EventDoorOptions {
  readonly authenticator: Authenticator;
  readonly streams: StreamSettings;
  readonly edge: { readonly corsOrigins: readonly string[] };
  readonly upgrades: Upgrades;
  readonly metrics: Metrics;
}

const HEARTBEAT_MS = 10_000;
/** A reader that takes nothing for this many heartbeats is cut off. */
const FULL_BEATS_MAX = 3;
const PROTOCOL = "countinghouse";

interface Watched {
  readonly actorId: string;
  readonly stream: EventStream;
  readonly transport: EventTransport;
  /** The token that opened it, and from where. */
  readonly authorization: string | undefined;
  readonly ip: string;
  fullBeats: number;
}

export function openEventDoor(server: HttpServer, options: EventDoorOptions): AcceptEvents {
  const { streams: settings, edge, upgrades } = options;
  const open = new Set<Watched>();
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 1_024, // a client of events has nothing to say
    handleProtocols: (names) => (names.has(PROTOCOL) ? PROTOCOL : false),
  });
  const timer = setInterval(() => {
    for (const watched of open) void watchOver(watched, options.authenticator);
  }, HEARTBEAT_MS);
  timer.unref();
  server.addHook("preClose", (done) => {
    clearInterval(timer);
    for (const { stream } of open) stream.end("going_away", "the server is shutting down: connect again");
    done();
  });
  options.metrics.addGauge("event_streams_open", "Streams of events that are open", () => open.size);

  function watch(
    request: FastifyRequest,
    transport: EventTransport,
    begin: (stream: EventStream) => void,
  ): void {
    const stream = createStream(request.actor, transport);
    const { authorization } = request.headers;
    const watched = {
      actorId: request.actor.id,
      stream,
      transport,
      authorization,
      ip: request.ip,
      fullBeats: 0,
    };
    open.add(watched);
    stream.onClosed(() => open.delete(watched));
    begin(stream);
  }

  return (request, reply, begin) => {
    checkStreamCount(open, request.actor.id, settings.perCaller);
    const raw = request.raw as IncomingMessage;
    const asked = upgrades.get(raw);
    if (asked === undefined) {
      reply.hijack();
      watch(request, createEventSource(reply), begin);
      return;
    }
    checkOrigin(request.headers, edge.corsOrigins);
    reply.hijack();
    reply.raw.detachSocket(raw.socket);
    sockets.handleUpgrade(raw, asked.transport, asked.head, (socket) =>
      watch(request, createEventSocket(socket), begin),
    );
  };
}

/** Unread bytes from which nothing more is sent until the client has read. */
const UNREAD_HIGH = 262_144;
/** A client that was told the end and does not read it is cut off after this time. */
const ENDING_MS = 30_000;

function createStream(actor: Actor, transport: EventTransport): EventStream {
  let isOpen = true;
  transport.onClosed(() => {
    isOpen = false;
  });
  return {
    actor,
    isOpen: () => isOpen,
    isFull: () => transport.unreadBytes() > UNREAD_HIGH,
    send: (event) => {
      if (isOpen) transport.send(event);
    },
    end: (reason, message) => {
      if (!isOpen) return;
      isOpen = false;
      transport.end({ reason, message });
      const cut = setTimeout(transport.cutOff, ENDING_MS);
      cut.unref();
      transport.onClosed(() => clearTimeout(cut));
    },
    onDrained: transport.onDrained,
    onClosed: transport.onClosed,
  };
}

async function watchOver(watched: Watched, authenticator: Authenticator): Promise<void> {
  const { stream, transport, authorization, ip } = watched;
  if (!transport.isAlive()) return transport.cutOff();
  watched.fullBeats = stream.isFull() ? watched.fullBeats + 1 : 0;
  if (watched.fullBeats >= FULL_BEATS_MAX)
    return stream.end("slow_reader", "too much was left unread: read faster, and go on after the last id");
  transport.beat();
  try {
    if (authenticator.recall(authorization) === undefined)
      await authenticator.verify(authorization, networkOf(ip));
  } catch (error) {
    // A token that cannot be checked now, because the network asks too much, is checked at the next beat.
    if (error instanceof AppError && error.kind === "unauthenticated")
      stream.end("unauthenticated", error.message);
  }
}
