// Sends the result of a command at the desk.
import type { FastifyReply } from "fastify";
import type { AppError } from "../../values/app-error.ts";
import { sendAnswer } from "./answer.ts";

/** The desk's result: the JSON text of the answer, or the refusal. */
export type Outcome =
  | { readonly answer: string; readonly replayed: boolean }
  | { readonly refused: AppError; readonly replayed: boolean };

/** Sends the answer, or the refusal as a problem. Idempotency-Replayed marks a replayed one. */
export function send(reply: FastifyReply, outcome: Outcome, status: 200 | 201 = 201): void {
  if ("refused" in outcome) {
    if (outcome.replayed) reply.header("idempotency-replayed", "true");
    throw outcome.refused;
  }
  sendAnswer(reply, status, { body: outcome.answer, replayed: outcome.replayed });
}
