// A connection of bytes, for requests that no HTTP client would send.
import { connect, type Socket } from "node:net";
import type { Answer } from "./check-problem.ts";

/** Sends the bytes and resolves with all that came back when the server, or the client after `untilAnswered`, closed. */
export function sendBytes(
  url: string,
  bytes: string | Buffer,
  options: { end?: boolean; answers?: number; hasNoBody?: boolean } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const socket = openConnection(url);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (options.hasNoBody === true && received.includes("\r\n\r\n")) socket.destroy();
      if (options.answers !== undefined && countAnswers(received) >= options.answers) socket.destroy();
    });
    socket.on("error", () => socket.destroy()); // a reset is a way to be refused
    socket.on("close", () => resolve(received));
    if (options.end === true) socket.end(bytes);
    else socket.write(bytes);
  });
}

export function openConnection(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port), noDelay: true });
}

/** Whole answers; those with a body have a Content-Length here. */
function countAnswers(received: string): number {
  return splitAnswers(received).length;
}

export function splitAnswers(received: string): Answer[] {
  const answers: Answer[] = [];
  let rest = received;
  while (rest !== "") {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd < 0) return answers;
    const head = rest.slice(0, headEnd);
    const length = Number(readHeader(head, "content-length") ?? 0);
    const body = rest.slice(headEnd + 4, headEnd + 4 + length);
    if (body.length < length) return answers;
    rest = rest.slice(headEnd + 4 + length);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (status === 100) continue;
    answers.push({
      status,
      contentType: readHeader(head, "content-type") ?? "",
      requestId: readHeader(head, "x-request-id") ?? "",
      text: Buffer.from(body, "latin1").toString(),
    });
  }
  return answers;
}

function readHeader(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim();
}
