// Answers data that is not an HTTP request (or not a complete one) with a problem document, and closes the connection.
import { randomUUID } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEM_CONTENT_TYPE, renderProblem, toUnparsedProblem } from "../problem.ts";

/**
 * For Node's `clientError`. Writes nothing while an earlier request on the connection waits for its answer: the
 * client would take the refusal for that request's answer, although it may have been carried out.
 */
export function refuseUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse | null };
  const isForAnother = answer != null && (answer.req.complete || answer.headersSent);
  if (error.code === "ECONNRESET" || !socket.writable || isForAnother) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const problem = toUnparsedProblem(error);
  const body = renderProblem(problem, requestId);
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
