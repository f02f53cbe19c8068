// Routes that move money: single transactions and batches.
import { allowEmptyBody, type HttpServer, readCaller, send } from "../../../http/index.ts";
import { readId, readText } from "../../../values/read-input.ts";
import { PostedBatch, PostedTransaction } from "../answer-schemas.ts";
import { ReversalInput } from "../holds/hold-schemas.ts";
import { AccountParams } from "../query-schemas.ts";
import { readTransaction } from "../read-input.ts";
import type { BankingServices } from "../routes.ts";
import { BatchInput, TransactionInput } from "../schemas.ts";
import { requireProofOfLarge } from "./large-payment.ts";
import { buildPostBatchCommand, buildPostCommand } from "./post-transactions.ts";
import { buildReversalCommand, getReversible } from "./reverse-transaction.ts";

/** What the API's page says of it, for every operation that pays out. */
export const LARGE =
  "What leaves an owner's accounts and is above STEP_UP_LIMITS needs a proof no older than ten minutes: POST /auth/step-up.";

export function addTransactionRoutes(server: HttpServer, services: BankingServices): void {
  const { db, desk, assets, risk } = services;
  server.post(
    "/transactions",
    {
      schema: {
        tags: ["Transactions"],
        operationId: "postTransaction",
        summary: "Deposit, withdraw or transfer",
        description: LARGE,
        body: TransactionInput,
        response: { 201: PostedTransaction },
      },
    },
    async (request, reply) => {
      const context = { ...readCaller(request), assets, risk };
      const wanted = readTransaction(assets, request.body);
      await requireProofOfLarge(services, request.actor, [wanted]);
      return send(reply, await desk.submit(buildPostCommand(context, wanted)));
    },
  );

  server.post(
    "/transactions/batch",
    {
      schema: {
        tags: ["Transactions"],
        operationId: "postTransactions",
        summary: "Post up to 8,000 transactions",
        description: `atomic: all or none; independent: each for itself, with one outcome per item, in order. ${LARGE}`,
        body: BatchInput,
        response: { 201: PostedBatch },
      },
    },
    async (request, reply) => {
      const { mode, transactions } = request.body;
      const requests = transactions.map((input, index) =>
        readTransaction(assets, input, `transactions[${index}].`),
      );
      const context = { ...readCaller(request), assets, risk, mode };
      await requireProofOfLarge(services, request.actor, requests);
      return send(reply, await desk.submit(buildPostBatchCommand(context, requests)));
    },
  );

  server.post(
    "/transactions/:id/reverse",
    {
      preValidation: allowEmptyBody,
      schema: {
        tags: ["Transactions"],
        operationId: "reverseTransaction",
        summary: "Reverse a completed transaction, once (staff)",
        description: "Books its transfers mirrored, as a transaction of type SYSTEM_ADJUSTMENT.",
        params: AccountParams,
        body: ReversalInput,
        response: { 201: PostedTransaction },
      },
    },
    async (request, reply) => {
      const { reference } = request.body;
      const journal = await getReversible({ db, assets }, readId(request.params.id, "id"));
      const context = { ...readCaller(request), risk };
      const command = buildReversalCommand(context, { journal, reference: readText(reference, "reference") });
      return send(reply, await desk.submit(command));
    },
  );
}
