// Sends an answer that is already JSON text: the client gets the committed and stored answer, byte by byte.
import type { FastifyReply } from "fastify";

/**
 * Sends `body` (JSON text, or its bytes) with `status`; Idempotency-Replayed marks a replayed answer. Returns nothing: a
 * handler that resolved with the reply would wait for the end of the answer, with seven listeners of the framework's.
 */
export function sendAnswer(
  reply: FastifyReply,
  status: number,
  answer: { body: string | Buffer; replayed: boolean },
): void {
  if (answer.replayed) reply.header("idempotency-replayed", "true");
  reply.code(status).header("content-type", "application/json; charset=utf-8").send(answer.body);
}
