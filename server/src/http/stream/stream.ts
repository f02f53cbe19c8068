// One open stream: takes commands by credit, answers each after its commit, in whatever order they finish, and ends
// when all of them were answered.
import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { createCredit } from "./credit.ts";
import type { ServeMessage } from "./serve-message.ts";

export interface Stream {
  readonly actorId: string;
  readonly underWay: () => number;
  /** By `performance.now()`: when the last command came. */
  readonly lastAtMs: () => number;
  /** Answers all commands under way, and then closes. */
  readonly finish: (code: number, reason: string) => Promise<void>;
  readonly ping: () => void;
  /** Whether the client answered the last ping. */
  readonly isAlive: () => boolean;
  /** Closes at once. */
  readonly cutOff: () => void;
}

export interface StreamOptions {
  readonly actorId: string;
  /** Most commands under way. */
  readonly credit: number;
  readonly serve: ServeMessage;
}

/** With this many unread bytes at the client, no more of its commands are begun. */
const UNREAD_HIGH = 262_144;
/** A client that does not answer the close is cut off after this time. */
const CLOSING_MS = 1_000;
const UNSUPPORTED_DATA = 1003;

export function openStream(
  { socket, transport }: { readonly socket: WebSocket; readonly transport: Duplex },
  { actorId, credit: commandsMax, serve }: StreamOptions,
): Stream {
  let lastAtMs = performance.now();
  let isAlive = true;
  const send = createGatheringSender(socket, transport);
  const credit = createCredit<Buffer>({
    commandsMax,
    serve: (bytes) =>
      serve(bytes, (text) => {
        send(text);
        credit.giveBack();
      }),
    isFull: () => transport.writableLength > UNREAD_HIGH,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary) return socket.close(UNSUPPORTED_DATA, "commands are text");
    lastAtMs = performance.now();
    credit.take(data as Buffer);
  });
  socket.on("pong", () => {
    isAlive = true;
  });
  socket.on("error", () => undefined); // the library closes invalid WebSocket data with the right code
  transport.on("drain", credit.look);
  return {
    actorId,
    underWay: credit.underWay,
    lastAtMs: () => lastAtMs,
    isAlive: () => isAlive,
    ping: () => {
      isAlive = false;
      socket.ping();
    },
    cutOff: () => socket.terminate(),
    finish: async (code, reason) => {
      await credit.whenIdle();
      await close(socket, code, reason);
    },
  };
}

async function close(socket: WebSocket, code: number, reason: string): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  const closed = once(socket, "close");
  const cutOff = setTimeout(() => socket.terminate(), CLOSING_MS);
  socket.close(code, reason);
  await closed;
  clearTimeout(cutOff);
}

/** Answers of one commit leave in one write. */
function createGatheringSender(socket: WebSocket, transport: Duplex): (text: string) => void {
  let isGathering = false;
  return (text) => {
    if (socket.readyState !== socket.OPEN) return;
    if (!isGathering) {
      isGathering = true;
      transport.cork();
      process.nextTick(() => {
        isGathering = false;
        transport.uncork();
      });
    }
    socket.send(text);
  };
}
