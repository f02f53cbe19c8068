// Sends what a command at the desk came to.
import type { FastifyReply } from "fastify";
import type { AppError } from "../../values/app-error.ts";
import { sendAnswer } from "./answer.ts";

/** As the desk has it: the JSON text of the answer, or the refusal. */
export type Outcome =
  | { readonly answer: string; readonly replayed: boolean }
  | { readonly refused: AppError; readonly replayed: boolean };

/** The answer, or the refusal as a problem. A replayed one says so in Idempotency-Replayed. */
export function send(reply: FastifyReply, outcome: Outcome, status: 200 | 201 = 201): void {
  if ("refused" in outcome) {
    if (outcome.replayed) reply.header("idempotency-replayed", "true");
    throw outcome.refused;
  }
  sendAnswer(reply, status, { body: outcome.answer, replayed: outcome.replayed });
}
