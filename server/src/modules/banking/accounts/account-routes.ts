// Routes of accounts: opening, finding, reading, changing.

import { answerCommand, describePage, type HttpServer, readPage } from "../../../http/index.ts";
import { CHANGES_FIELDS, formatETag, readVersions } from "../../../http/version.ts";
import { readForeignCode } from "../../../values/names.ts";
import { Account, AccountBatch, AccountPage } from "../answer-schemas.ts";
import { AccountChange, AccountParams, AccountQuery } from "../query-schemas.ts";
import { readAccount } from "../read-input.ts";
import type { BankingServices } from "../routes.ts";
import { AccountBatchInput, AccountInput } from "../schemas.ts";
import { describeAccount } from "./account.ts";
import { changeBankAccount, prepareChange } from "./change-bank-account.ts";
import { findAccounts } from "./find-accounts.ts";
import { getBankAccount } from "./get-account.ts";
import { openOwnedAccount, openOwnedAccounts } from "./open-bank-accounts.ts";

const tags = ["Accounts"];

export function addAccountRoutes(server: HttpServer, services: BankingServices): void {
  addOpening(server, services);
  addReading(server, services);
  addChanging(server, services);
}

function addOpening(server: HttpServer, { db, vault, assets }: BankingServices): void {
  server.post(
    "/accounts",
    {
      schema: {
        tags,
        operationId: "openAccount",
        summary: "Open an account (staff)",
        body: AccountInput,
        response: { 201: Account },
      },
    },
    async (request, reply) => {
      const account = readAccount(assets, request.body, { callerId: request.actor.id });
      const route = { db, event: "account.open", status: 201 } as const;
      return answerCommand([request, reply], route, async (tx) =>
        describeAccount(await openOwnedAccount(tx, vault, account)),
      );
    },
  );

  server.post(
    "/accounts/batch",
    {
      schema: {
        tags,
        operationId: "openAccounts",
        summary: "Open up to 1,000 accounts, all or none (staff)",
        body: AccountBatchInput,
        response: { 201: AccountBatch },
      },
    },
    async (request, reply) => {
      const accounts = request.body.accounts.map((input, index) =>
        readAccount(assets, input, { callerId: request.actor.id, path: `accounts[${index}].` }),
      );
      return answerCommand(
        [request, reply],
        { db, event: "account.open_batch", status: 201 },
        async (tx) => ({
          accounts: (await openOwnedAccounts(tx, vault, accounts)).map(describeAccount),
        }),
      );
    },
  );
}

function addReading(server: HttpServer, services: BankingServices): void {
  server.get(
    "/accounts",
    {
      schema: {
        tags,
        operationId: "listAccounts",
        summary: "Accounts, oldest first",
        description: "Staff sees all, a customer their own.",
        querystring: AccountQuery,
        response: { 200: AccountPage },
      },
    },
    async (request) => {
      const { owner_id: ownerId, external_number: externalNumber, ...query } = request.query;
      const page = await findAccounts(services, request.actor, {
        ...query,
        ownerId: readForeignCode(ownerId, "owner_id"),
        externalNumber,
        ...readPage(query),
      });
      return describePage(page, describeAccount);
    },
  );

  server.get(
    "/accounts/:id",
    {
      schema: {
        tags,
        operationId: "getAccount",
        summary: "An account",
        description: "The ETag is the account's version, for If-Match.",
        params: AccountParams,
        response: { 200: Account },
      },
    },
    async (request, reply) => {
      const account = await getBankAccount(services, request.actor, request.params.id);
      return reply.header("etag", formatETag(account)).send(describeAccount(account));
    },
  );
}

function addChanging(server: HttpServer, services: BankingServices): void {
  server.patch(
    "/accounts/:id",
    {
      schema: {
        tags,
        operationId: "changeAccount",
        summary: "Set the limit, freeze, close, rename (staff; a customer renames their own)",
        description: `${CHANGES_FIELDS} An account is closed when it is empty, and stays closed.`,
        params: AccountParams,
        body: AccountChange,
        response: { 200: Account },
      },
    },
    async (request, reply) => {
      const { id: accountId } = request.params;
      const wanted = { accountId, input: request.body, versions: readVersions(request.headers["if-match"]) };
      const change = await prepareChange(services, request.actor, wanted);
      return answerCommand(
        [request, reply],
        { db: services.db, event: "account.change", isVersioned: true },
        async (tx) => {
          const reader = { ...services, actor: request.actor };
          return describeAccount(await changeBankAccount(tx, reader, { accountId, change }));
        },
      );
    },
  );
}
