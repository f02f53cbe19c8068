// Routes of currency exchange: exchanging, and the rates.

import { addCommandRoute, addDeskRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readId } from "../../../values/read-input.ts";
import { readNewRate } from "../read-input.ts";
import type { BankingServices } from "../routes.ts";
import { ExchangeRate } from "./exchange-answer-schemas.ts";
import { exchangeCurrency } from "./exchange-currency.ts";
import { addExchangeRate, describeRate, findLatestRates, findRateHistory } from "./exchange-rate.ts";
import {
  Exchange,
  ExchangeInput,
  ExchangeRateList,
  ExchangeRatePage,
  RateHistoryQuery,
  RateInput,
  RateQuery,
} from "./exchange-schemas.ts";

const tags = ["Exchange"];

export function addExchangeRoutes(server: HttpServer, services: BankingServices): void {
  addExchanging(server, services);
  addRateSetting(server, services);
  addRateReading(server, services);
}

function addExchanging(server: HttpServer, services: BankingServices): void {
  addDeskRoute(server, {
    url: "/exchanges",
    tags,
    operationId: "exchangeCurrency",
    summary: "Change money of one currency into another",
    description:
      "At the latest rate of the pair in this direction; the way back has a rate of its own, none is derived. The bought amount is rounded half to even, to its currency's decimals. A customer exchanges between accounts of their own.",
    body: ExchangeInput,
    answer: Exchange,
    run: ({ body: { account_id, to_account_id, amount, reference } }, caller) =>
      exchangeCurrency(services, caller, {
        amount,
        ...readAll({
          accountId: () => readId(account_id, "account_id"),
          toAccountId: () => readId(to_account_id, "to_account_id"),
          reference: () => readName(reference, "reference"),
        }),
      }),
  });
}

function addRateSetting(server: HttpServer, { db, assets }: BankingServices): void {
  addCommandRoute(server, db, {
    url: "/exchange-rates",
    tags,
    operationId: "setExchangeRate",
    summary: "Set the rate of a pair (admin)",
    description:
      "It is the latest from now on; earlier ones stay in the history. The inverse is not derived.",
    body: RateInput,
    answer: ExchangeRate,
    status: 201,
    event: "exchange_rate.set",
    run: (request) => {
      const rate = { ...readNewRate(assets, request.body), setBy: request.actor.id };
      return async (tx) => {
        return describeRate(await addExchangeRate(tx, rate));
      };
    },
  });
}

function addRateReading(server: HttpServer, { db }: BankingServices): void {
  addRoute(server, {
    url: "/exchange-rates",
    tags,
    operationId: "listExchangeRates",
    summary: "The latest rate of each pair",
    query: RateQuery,
    answer: ExchangeRateList,
    run: async (request) => ({ items: (await findLatestRates(db, request.query)).map(describeRate) }),
  });

  addList(server, {
    url: "/exchange-rates/history",
    tags,
    operationId: "listExchangeRateHistory",
    summary: "All rates of a pair, newest first",
    query: RateHistoryQuery,
    answer: ExchangeRatePage,
    find: ({ query: { base, quote } }, page) => findRateHistory(db, { base, quote, ...page }),
    describe: describeRate,
  });
}
