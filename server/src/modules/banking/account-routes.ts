// Routes of accounts: opening, reading, changing.
import {
  type HttpServer,
  readIdempotencyKey,
  requireRole,
  runCommand,
  sendAnswer,
} from "../../gateway/index.ts";
import { describeAccount } from "./account.ts";
import { openBankAccounts } from "./open-bank-accounts.ts";
import { readAccount } from "./read-input.ts";
import type { BankingServices } from "./routes.ts";
import { AccountBatchInput, AccountInput } from "./schemas.ts";

export function addAccountRoutes(server: HttpServer, { db, vault, assets }: BankingServices): void {
  const staff = requireRole("admin", "operator", "service");

  server.post(
    "/accounts",
    {
      preHandler: staff,
      schema: { tags: ["Accounts"], summary: "Open an account (staff)", body: AccountInput },
    },
    async (request, reply) => {
      const account = readAccount(assets, request.body, { callerId: request.actor.id });
      const answer = await runCommand(db, readIdempotencyKey(request), async (tx) => {
        const [opened] = await openBankAccounts(tx, vault, [account]);
        if (opened === undefined) throw new Error("no account was opened");
        return describeAccount(opened);
      });
      return sendAnswer(reply, 201, answer);
    },
  );

  server.post(
    "/accounts/batch",
    {
      preHandler: staff,
      schema: {
        tags: ["Accounts"],
        summary: "Open up to 1,000 accounts, all or none (staff)",
        body: AccountBatchInput,
      },
    },
    async (request, reply) => {
      const accounts = request.body.accounts.map((input, index) =>
        readAccount(assets, input, { callerId: request.actor.id, path: `accounts[${index}].` }),
      );
      const answer = await runCommand(db, readIdempotencyKey(request), async (tx) => ({
        accounts: (await openBankAccounts(tx, vault, accounts)).map(describeAccount),
      }));
      return sendAnswer(reply, 201, answer);
    },
  );
}
