// One keep-alive connection to the server, over a raw socket with one read buffer for all: `fetch` and `node:http` cost
// 60-100 µs of processor time a request, which on a shared machine would be measured as the server's slowness; this
// costs about 17 µs.
import { connect, type Socket } from "node:net";
import { parseResponseHead, type ResponseHead } from "./parse-response.ts";

export interface Connection {
  readonly send: (request: string) => void;
  readonly close: () => void;
}

export interface ConnectionEvents {
  /** `body` is latin1. Called once per answer, whatever pieces it came in. */
  readonly onResponse: (status: number, body: string) => void;
  /** The connection broke, or closed without being asked. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Resolves when connected, rejects when that fails. `readBuffer` may be shared by all connections: it is copied from
 * before the next read.
 */
export function openConnection(
  port: number,
  readBuffer: Buffer,
  events: ConnectionEvents,
): Promise<Connection> {
  const read = createReader(events.onResponse);
  const opening = Promise.withResolvers<Connection>();
  let fail = (error: Error): void => opening.reject(error);
  const callback = (byteCount: number) =>
    readOrFail(
      () => read(readBuffer.toString("latin1", 0, byteCount)),
      socket,
      (error) => fail(error),
    );
  const socket: Socket = connect({
    host: "127.0.0.1",
    port,
    noDelay: true,
    onread: { buffer: readBuffer, callback },
  });
  socket.on("error", (error) => fail(error));
  socket.on("close", () => fail(new Error("the server closed the connection")));
  const close = () => {
    fail = () => undefined;
    socket.destroy();
  };
  socket.on("connect", () => {
    fail = events.onFailure;
    opening.resolve({ send: (request) => socket.write(request, "latin1"), close });
  });
  return opening.promise;
}

function readOrFail(read: () => void, socket: Socket, fail: (error: Error) => void): boolean {
  try {
    read();
  } catch (error) {
    fail(error as Error);
    socket.destroy();
  }
  return true;
}

/** Puts the pieces together: an answer may come in many, and several answers in one. */
export function createReader(onResponse: ConnectionEvents["onResponse"]): (piece: string) => void {
  let text = "";
  let head: ResponseHead | undefined;
  return (piece) => {
    text = text === "" ? piece : text + piece;
    while (text !== "") {
      head ??= parseResponseHead(text);
      if (head === undefined || text.length < head.length) return;
      const { status, bodyAt, length } = head;
      const body = text.substring(bodyAt, length);
      text = text.substring(length);
      head = undefined;
      onResponse(status, body);
    }
  };
}
