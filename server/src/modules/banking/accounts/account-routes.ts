// Routes of accounts: opening, finding, reading, changing.

import { addCommandRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
import { CHANGES_FIELDS, readVersions } from "../../../http/version.ts";
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
  addCommandRoute(server, db, {
    url: "/accounts",
    tags,
    operationId: "openAccount",
    summary: "Open an account (staff)",
    body: AccountInput,
    answer: Account,
    status: 201,
    event: "account.open",
    run: ({ actor, body }) => {
      const account = readAccount(assets, body, { callerId: actor.id });
      return async (tx) => describeAccount(await openOwnedAccount(tx, vault, account));
    },
  });

  addCommandRoute(server, db, {
    url: "/accounts/batch",
    tags,
    operationId: "openAccounts",
    summary: "Open up to 1,000 accounts, all or none (staff)",
    body: AccountBatchInput,
    answer: AccountBatch,
    status: 201,
    event: "account.open_batch",
    run: (request) => {
      const accounts = request.body.accounts.map((input, index) =>
        readAccount(assets, input, { callerId: request.actor.id, path: `accounts[${index}].` }),
      );
      return async (tx) => ({
        accounts: (await openOwnedAccounts(tx, vault, accounts)).map(describeAccount),
      });
    },
  });
}

function addReading(server: HttpServer, services: BankingServices): void {
  addList(server, {
    url: "/accounts",
    tags,
    operationId: "listAccounts",
    summary: "Accounts, oldest first",
    description: "Staff sees all, a customer their own.",
    query: AccountQuery,
    answer: AccountPage,
    find: ({ actor, query: { owner_id, external_number: externalNumber, ...query } }, page) =>
      findAccounts(services, actor, {
        ...query,
        ownerId: readForeignCode(owner_id, "owner_id"),
        externalNumber,
        ...page,
      }),
    describe: describeAccount,
  });

  addRoute(server, {
    url: "/accounts/:id",
    tags,
    operationId: "getAccount",
    summary: "An account",
    description: "The ETag is the account's version, for If-Match.",
    params: AccountParams,
    answer: Account,
    isVersioned: true,
    run: async ({ actor, params }) => describeAccount(await getBankAccount(services, actor, params.id)),
  });
}

function addChanging(server: HttpServer, services: BankingServices): void {
  addCommandRoute(server, services.db, {
    method: "PATCH",
    url: "/accounts/:id",
    tags,
    operationId: "changeAccount",
    summary: "Set the limit, freeze, close, rename (staff; a customer renames their own)",
    description: `${CHANGES_FIELDS} An account is closed when it is empty, and stays closed.`,
    params: AccountParams,
    body: AccountChange,
    answer: Account,
    isVersioned: true,
    event: "account.change",
    run: async (request) => {
      const { id: accountId } = request.params;
      const wanted = { accountId, input: request.body, versions: readVersions(request.headers["if-match"]) };
      const change = await prepareChange(services, request.actor, wanted);
      return async (tx) => {
        const reader = { ...services, actor: request.actor };
        return describeAccount(await changeBankAccount(tx, reader, { accountId, change }));
      };
    },
  });
}
