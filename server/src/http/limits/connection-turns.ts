// Limits the unanswered and unread data of one connection. Its requests are served one after the other: the next begins when
// the client has read the previous answer, so a client that sends thousands and reads nothing makes the server build one
// answer. Where the client stops reading, so does the server; a limit bounds the unread bytes of all connections together.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { findLargest } from "../find-largest.ts";
import type { Dropped } from "../operations/metrics.ts";

export interface ConnectionTurns {
  /** Calls `serve` when all earlier answers on the connection were read; never if the connection is closed by then. */
  readonly enter: (socket: Socket, response: ServerResponse, serve: () => void) => void;
  /** Requests that wait for the answers before theirs. */
  readonly waiting: () => number;
}

export interface TurnBounds {
  /** The most unread answer bytes of all clients; beyond it, the connection with the most is closed. */
  readonly unreadBytesMax: number;
  /** The most waiting requests on all connections; beyond it, the connection with the most is closed. */
  readonly waitingMax: number;
  readonly onDropped: (reason: Dropped) => void;
}

interface Line {
  readonly socket: Socket;
  /** Whether a request is being served, or its answer is being read. */
  isBusy: boolean;
  /** The requests behind it, in order. */
  waiting: Turn[];
  isHeld: boolean;
}

interface Turn {
  readonly response: ServerResponse;
  readonly serve: () => void;
}

/** With this many waiting requests, the server stops reading from the connection until few are left. */
const WAITING_HIGH = 32;
const WAITING_LOW = 8;
/** How often unread bytes are summed up at most: in between, a core builds some 25 MB of answers. */
const SUM_EVERY_MS = 250;

export function createConnectionTurns({
  unreadBytesMax,
  waitingMax,
  onDropped,
}: TurnBounds): ConnectionTurns {
  const lines = new WeakMap<Socket, Line>();
  const busy = new Set<Line>();
  const isTooMuchUnread = watchUnread(busy, unreadBytesMax);
  let waiting = 0;

  /** Requests that wait on a closed connection are never served. */
  function forget(line: Line): void {
    waiting -= line.waiting.length;
    line.waiting = [];
    busy.delete(line);
  }

  function enter(socket: Socket, response: ServerResponse, serve: () => void): void {
    const line = lines.get(socket) ?? openLine(socket, forget);
    lines.set(socket, line);
    if (!line.isBusy) {
      begin(line, { response, serve });
      return;
    }
    line.waiting.push({ response, serve });
    waiting += 1;
    if (line.waiting.length >= WAITING_HIGH) hold(line);
    if (waiting > waitingMax) drop("pipelined", (other) => other.waiting.length);
  }

  function begin(line: Line, { response, serve }: Turn): void {
    line.isBusy = true;
    busy.add(line);
    if (isTooMuchUnread()) drop("unread", ({ socket }) => socket.writableLength);
    response.once("close", () => end(line));
    response.on("timeout", () => dropStalled(line, onDropped));
    serve();
  }

  function end(line: Line): void {
    const next = line.waiting.shift();
    if (next === undefined) {
      line.isBusy = false;
      busy.delete(line);
      return;
    }
    waiting -= 1;
    if (line.waiting.length <= WAITING_LOW) resume(line);
    begin(line, next);
  }

  function drop(reason: Dropped, weigh: (line: Line) => number): void {
    const largest = findLargest(busy, weigh);
    if (largest === undefined) return;
    forget(largest);
    onDropped(reason);
    largest.socket.destroy();
  }

  return { enter, waiting: () => waiting };
}

function openLine(socket: Socket, onClose: (line: Line) => void): Line {
  const line: Line = { socket, isBusy: false, waiting: [], isHeld: false };
  socket.once("close", () => onClose(line));
  return line;
}

/** Whether the clients of busy connections have left more than `bytesMax` unread. */
function watchUnread(busy: ReadonlySet<Line>, bytesMax: number): () => boolean {
  let summedAtMs = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - summedAtMs < SUM_EVERY_MS) return false;
    summedAtMs = nowMs;
    let unread = 0;
    for (const { socket } of busy) unread += socket.writableLength;
    return unread > bytesMax;
  };
}

/** No byte went either way for REQUEST_TIMEOUT_MS. A client whose answer is still being made may wait longer. */
function dropStalled({ socket }: Line, onDropped: (reason: Dropped) => void): void {
  if (socket.writableLength === 0) return;
  onDropped("stalled");
  socket.destroy();
}

/** Reads nothing more until few waiting requests are left. */
function hold(line: Line): void {
  line.isHeld = true;
  line.socket.pause();
}

/** Node itself goes on reading, once the answers that it holds back are taken, where it was Node that stopped. */
function resume(line: Line): void {
  if (!line.isHeld) return;
  line.isHeld = false;
  const { _paused: isPausedByNode } = line.socket as Socket & { _paused?: boolean };
  if (isPausedByNode !== true) line.socket.resume();
}
