// Routes that move money: single transactions and batches.
import type { FastifyReply } from "fastify";
import { type HttpServer, readIdempotencyKey, sendAnswer } from "../../gateway/index.ts";
import type { CommandOutcome } from "./command-desk.ts";
import { postBatch, postTransaction } from "./post-transactions.ts";
import { readTransaction } from "./read-input.ts";
import type { BankingServices } from "./routes.ts";
import { BatchInput, TransactionInput } from "./schemas.ts";

export function addTransactionRoutes(server: HttpServer, { desk, assets }: BankingServices): void {
  server.post(
    "/transactions",
    { schema: { tags: ["Transactions"], summary: "Deposit, withdraw or transfer", body: TransactionInput } },
    async (request, reply) => {
      const context = { actor: request.actor, assets, key: readIdempotencyKey(request) };
      return send(reply, await desk.submit(postTransaction(context, readTransaction(assets, request.body))));
    },
  );

  server.post(
    "/transactions/batch",
    { schema: { tags: ["Transactions"], summary: "Post up to 8,000 transactions", body: BatchInput } },
    async (request, reply) => {
      const { mode, transactions } = request.body;
      const requests = transactions.map((input, index) =>
        readTransaction(assets, input, `transactions[${index}].`),
      );
      const context = { actor: request.actor, assets, mode, key: readIdempotencyKey(request) };
      return send(reply, await desk.submit(postBatch(context, requests)));
    },
  );
}

/** 201 with the answer, or the refusal as a problem. */
export function send(reply: FastifyReply, outcome: CommandOutcome, status = 201): FastifyReply {
  if ("refused" in outcome) {
    if (outcome.replayed) reply.header("idempotency-replayed", "true");
    throw outcome.refused;
  }
  return sendAnswer(reply, status, { body: outcome.answer, replayed: outcome.replayed });
}
