// The route of secure transactions.

import { Type } from "typebox";
import { AmountInput, addDeskRoute, Currency, type HttpServer } from "../../../http/index.ts";
import { readForeignCode } from "../../../values/names.ts";
import type { BankingServices } from "../routes.ts";
import { postSecureTransaction } from "./record-secure-transaction.ts";

const SecureInput = Type.Object(
  {
    user_id: Type.String({
      minLength: 1,
      maxLength: 128,
      description: "Owner of the account that is credited",
    }),
    amount: AmountInput,
    currency: Type.Optional(Currency),
  },
  { additionalProperties: false, examples: [{ user_id: "alice", amount: "10.50", currency: "EUR" }] },
);
const SecureAnswer = Type.Object(
  {
    status: Type.Literal("success"),
    tx_id: Type.String({ description: "Signature of the record, 64 hexadecimal digits" }),
  },
  { title: "SecureTransaction" },
);

export function addSecureRoutes(server: HttpServer, services: BankingServices): void {
  addDeskRoute(server, {
    url: "/secure-transactions",
    tags: ["Transactions"],
    operationId: "postSecureTransaction",
    summary: "Deposit with a signed and encrypted record (staff)",
    description:
      "The record is signed with API_KEY_V1, encrypted and stored in the transaction that posts it.",
    body: SecureInput,
    answer: SecureAnswer,
    run: ({ body: { user_id, amount, currency } }, caller) => {
      const userId = readForeignCode(user_id, "user_id");
      return postSecureTransaction(services, caller, { userId, amount, currency });
    },
  });
}
