// Routes of currency exchange: exchanging, and the rates.

import {
  answerCommand,
  describePage,
  type HttpServer,
  readCaller,
  readPage,
  send,
} from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import { readId } from "../../../values/read-input.ts";
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
  server.post(
    "/exchanges",
    {
      schema: {
        tags,
        operationId: "exchangeCurrency",
        summary: "Change money of one currency into another",
        description:
          "At the latest rate of the pair in this direction; the way back has a rate of its own, none is derived. The bought amount is rounded half to even, to its currency's decimals. A customer exchanges between accounts of their own.",
        body: ExchangeInput,
        response: { 201: Exchange },
      },
    },
    async (request, reply) => {
      const { account_id, to_account_id, amount, reference } = request.body;
      const wanted = {
        accountId: readId(account_id, "account_id"),
        toAccountId: readId(to_account_id, "to_account_id"),
        amount,
        reference: readName(reference, "reference"),
      };
      return send(reply, await exchangeCurrency(services, readCaller(request), wanted));
    },
  );
}

function addRateSetting(server: HttpServer, { db, assets }: BankingServices): void {
  server.post(
    "/exchange-rates",
    {
      schema: {
        tags,
        operationId: "setExchangeRate",
        summary: "Set the rate of a pair (admin)",
        description:
          "It is the latest from now on; earlier ones stay in the history. The inverse is not derived.",
        body: RateInput,
        response: { 201: ExchangeRate },
      },
    },
    async (request, reply) => {
      const rate = { ...readNewRate(assets, request.body), setBy: request.actor.id };
      return answerCommand([request, reply], { db, event: "exchange_rate.set", status: 201 }, async (tx) => {
        return describeRate(await addExchangeRate(tx, rate));
      });
    },
  );
}

function addRateReading(server: HttpServer, { db }: BankingServices): void {
  server.get(
    "/exchange-rates",
    {
      schema: {
        tags,
        operationId: "listExchangeRates",
        summary: "The latest rate of each pair",
        querystring: RateQuery,
        response: { 200: ExchangeRateList },
      },
    },
    async (request) => ({ items: (await findLatestRates(db, request.query)).map(describeRate) }),
  );

  server.get(
    "/exchange-rates/history",
    {
      schema: {
        tags,
        operationId: "listExchangeRateHistory",
        summary: "All rates of a pair, newest first",
        querystring: RateHistoryQuery,
        response: { 200: ExchangeRatePage },
      },
    },
    async (request) => {
      const { base, quote, ...page } = request.query;
      return describePage(await findRateHistory(db, { base, quote, ...readPage(page) }), describeRate);
    },
  );
}
