// The two ways in which events travel: Server-Sent Events (an HTTP answer that does not end) and WebSocket messages.
import type { FastifyReply } from "fastify";
import type { WebSocket } from "ws";

export interface StreamedEvent {
  /** Where to go on after it: comes back as Last-Event-ID. */
  readonly id: string;
  readonly event: string;
  /** JSON text. */
  readonly data: string;
}

/** `slow_reader`: the client leaves its events unread. Every end is told by a last event. */
export type EndReason = "slow_reader" | "unauthenticated" | "going_away" | "failed";

export interface EventTransport {
  readonly send: (event: StreamedEvent) => void;
  /** Sends the last event, which has no id, and closes when it was read. */
  readonly end: (end: { readonly reason: EndReason; readonly message: string }) => void;
  readonly cutOff: () => void;
  /** Keeps the connection from being taken for a dead one. */
  readonly beat: () => void;
  /** Whether the client answered the last beat, where it can. */
  readonly isAlive: () => boolean;
  readonly unreadBytes: () => number;
  readonly onDrained: (listener: () => void) => void;
  readonly onClosed: (listener: () => void) => void;
}

const OK = 200;

/** No proxy may buffer it: the header says so to those that know it. */
export function createEventSource(reply: FastifyReply): EventTransport {
  const { raw } = reply;
  raw.writeHead(OK, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  raw.flushHeaders();
  raw.on("error", () => undefined); // the connection broke: `close` follows
  return {
    send: ({ id, event, data }) => void raw.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`),
    end: (end) => void raw.end(`event: end\ndata: ${JSON.stringify(end)}\n\n`),
    cutOff: () => void raw.destroy(),
    beat: () => void raw.write(": heartbeat\n\n"),
    isAlive: () => true,
    unreadBytes: () => raw.writableLength,
    onDrained: (listener) => void raw.on("drain", listener),
    onClosed: (listener) => void raw.once("close", listener),
  };
}

const CLOSE_CODES: Readonly<Record<EndReason, number>> = {
  going_away: 1001,
  failed: 1011,
  unauthenticated: 4401,
  slow_reader: 4429,
};
/** WebSockets have no event for it: this often a full one is asked whether the client has read. */
const LOOK_EVERY_MS = 50;
const UNREAD_LOW = 65_536;

/** Messages are `{"id": "...", "event": "...", "data": {...}}`. */
export function createEventSocket(socket: WebSocket): EventTransport {
  let isAlive = true;
  const drained: (() => void)[] = [];
  let look: NodeJS.Timeout | undefined;
  socket.on("pong", () => {
    isAlive = true;
  });
  socket.on("error", () => undefined);
  socket.once("close", () => clearInterval(look));

  function watchUnread(): void {
    if (look !== undefined || socket.bufferedAmount <= UNREAD_LOW) return;
    look = setInterval(() => {
      if (socket.bufferedAmount > UNREAD_LOW) return;
      clearInterval(look);
      look = undefined;
      for (const tell of drained) tell();
    }, LOOK_EVERY_MS);
  }

  return {
    send: ({ id, event, data }) => {
      socket.send(`{"id":${JSON.stringify(id)},"event":${JSON.stringify(event)},"data":${data}}`);
      watchUnread();
    },
    end: (end) => {
      socket.send(JSON.stringify({ event: "end", data: end }));
      socket.close(CLOSE_CODES[end.reason], end.reason);
    },
    cutOff: () => socket.terminate(),
    beat: () => {
      isAlive = false;
      socket.ping();
    },
    isAlive: () => isAlive,
    unreadBytes: () => socket.bufferedAmount,
    onDrained: (listener) => void drained.push(listener),
    onClosed: (listener) => void socket.once("close", listener),
  };
}
