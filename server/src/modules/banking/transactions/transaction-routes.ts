// Routes that move money: single transactions and batches.
import { addDeskRoute, type HttpServer } from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import { readEach } from "../../../values/read-input.ts";
import { PostedBatch, PostedTransaction } from "../answer-schemas.ts";
import { ReversalInput } from "../holds/hold-schemas.ts";
import { AccountParams } from "../query-schemas.ts";
import { readTransaction } from "../read-input.ts";
import type { BankingServices } from "../routes.ts";
import { BatchInput, TransactionInput } from "../schemas.ts";
import { postTransaction, postTransactions } from "./post-transactions.ts";
import { reverseTransaction } from "./reverse-transaction.ts";

/** The text on the API's page, for every operation that pays out. */
export const LARGE =
  "What leaves an owner's accounts and is above STEP_UP_LIMITS needs a proof no older than ten minutes: POST /auth/step-up.";

export function addTransactionRoutes(server: HttpServer, services: BankingServices): void {
  const { assets } = services;
  addDeskRoute(server, {
    url: "/transactions",
    tags: ["Transactions"],
    config: { direct: true },
    operationId: "postTransaction",
    summary: "Deposit, withdraw or transfer",
    description: LARGE,
    body: TransactionInput,
    answer: PostedTransaction,
    run: ({ body }, caller) => postTransaction(services, caller, readTransaction(assets, body)),
  });

  addDeskRoute(server, {
    url: "/transactions/batch",
    tags: ["Transactions"],
    operationId: "postTransactions",
    summary: "Post up to 8,000 transactions",
    description: `atomic: all or none; independent: each for itself, with one outcome per item, in order. ${LARGE}`,
    body: BatchInput,
    answer: PostedBatch,
    run: ({ body: { mode, transactions } }, caller) => {
      const requests = readEach(transactions, (input, index) =>
        readTransaction(assets, input, `transactions[${index}].`),
      );
      return postTransactions(services, caller, { mode, requests });
    },
  });

  addDeskRoute(server, {
    url: "/transactions/:id/reverse",
    tags: ["Transactions"],
    operationId: "reverseTransaction",
    summary: "Reverse a completed transaction, once (staff)",
    description: "Books its transfers mirrored, as a transaction of type SYSTEM_ADJUSTMENT.",
    params: AccountParams,
    body: ReversalInput,
    answer: PostedTransaction,
    run: ({ params: { id }, body }, caller) => {
      const reference = readName(body.reference, "reference");
      return reverseTransaction(services, caller, { id, reference });
    },
  });
}
