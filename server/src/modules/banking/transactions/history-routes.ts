// Routes that read the past: balances, statements, transactions.

import { addList, addRoute, formatCursor, type HttpServer, readCursor } from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readRange, readTime } from "../../../values/read-input.ts";
import { findStatement, getBalance } from "../../ledger/index.ts";
import { getAssetOf } from "../accounts/get-account.ts";
import { Balance, Statement, TransactionDetail, TransactionPage } from "../answer-schemas.ts";
import { AccountParams, BalanceQuery, StatementQuery, TransactionQuery } from "../query-schemas.ts";
import type { BankingServices } from "../routes.ts";
import { describeDetail, describeReading, describeRecord, describeStatement } from "./describe-reading.ts";
import { findBankTransactions, getBankTransaction } from "./find-bank-transactions.ts";

export function addHistoryRoutes(server: HttpServer, services: BankingServices): void {
  addAccountHistory(server, services);
  addTransactionHistory(server, services);
}

function addAccountHistory(server: HttpServer, services: BankingServices): void {
  const tags = ["Accounts"];

  addRoute(server, {
    url: "/accounts/:id/balance",
    tags,
    config: { direct: true },
    operationId: "getBalance",
    summary: "An account's balance, now or at a past moment",
    description: "A past moment answers the same however often it is asked.",
    params: AccountParams,
    query: BalanceQuery,
    answer: Balance,
    run: async (request) => {
      const { id: accountId } = request.params;
      const at = readTime(request.query.at, "at");
      const { db } = services;
      const now = at === undefined ? getBalance(db, accountId) : undefined;
      now?.catch(() => undefined); // thrown below, unless the account may not be seen
      const asset = await getAssetOf(services, request.actor, accountId);
      return describeReading(accountId, asset, await (now ?? getBalance(db, accountId, { at })));
    },
  });

  addRoute(server, {
    url: "/accounts/:id/statement",
    tags,
    operationId: "getStatement",
    summary: "An account's entries with the balance after each",
    description:
      "The range is half-open: `from` is in it, `to` is not. What trade orders set aside (ORDER_HOLD) and what was given back " +
      "(ORDER_REFUND) stands in between; a page may be short, so go on with next_cursor until it is null.",
    params: AccountParams,
    query: StatementQuery,
    answer: Statement,
    run: async (request) => {
      const { id: accountId } = request.params;
      const { order = "desc", limit = 50 } = request.query;
      const range = { accountId, ...readRange(request.query) };
      const cursor = readCursor(request.query.cursor, order);
      const asset = await getAssetOf(services, request.actor, accountId);
      const statement = await findStatement(services.db, {
        ...range,
        ...{ order, limit, cursor, isWithHolds: true },
      });
      const document = describeStatement(asset, statement, range);
      return { ...document, next_cursor: formatCursor(statement.nextCursor, order) };
    },
  });
}

function addTransactionHistory(server: HttpServer, services: BankingServices): void {
  const tags = ["Transactions"];

  addList(server, {
    url: "/transactions",
    tags,
    config: { direct: true },
    operationId: "listTransactions",
    summary: "Transactions, newest first",
    description:
      "Of an account, or of all that the caller may see. Holds are PENDING, refused transactions FAILED. A page that a filter leaves short, even empty, is not the last: go on with next_cursor until it is null.",
    query: TransactionQuery,
    answer: TransactionPage,
    find: async (request, page) => {
      const { account_id: account, type, status, reference, ...query } = request.query;
      return findBankTransactions(services, request.actor, {
        accountId: account,
        type,
        status,
        ...readAsked(reference, query),
        ...page,
      });
    },
    describe: (record) => describeRecord(services.assets, record),
  });

  addRoute(server, {
    url: "/transactions/:id",
    tags,
    operationId: "getTransaction",
    summary: "A transaction with its transfers",
    params: AccountParams,
    answer: TransactionDetail,
    run: async ({ actor, params: { id } }) =>
      describeDetail(services.assets, await getBankTransaction(services, actor, id)),
  });
}

function readAsked(reference: string | undefined, query: Parameters<typeof readRange>[0]) {
  const { range, ...read } = readAll({
    reference: () => readName(reference, "reference"),
    range: () => readRange(query),
  });
  return { ...read, ...range };
}
