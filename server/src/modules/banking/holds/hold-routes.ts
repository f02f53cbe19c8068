// Routes of holds: placing, capturing, releasing, reading.

import { describePage, type HttpServer, readCaller, readPage, send } from "../../../http/index.ts";
import { AccountParams } from "../query-schemas.ts";
import { readHold } from "../read-input.ts";
import type { BankingServices } from "../routes.ts";
import { LARGE } from "../transactions/transaction-routes.ts";
import { captureBankHold } from "./capture-hold.ts";
import { describeHoldRecord, findHolds, getHold } from "./find-holds.ts";
import {
  CaptureInput,
  ChangedHold,
  HoldInput,
  HoldPage,
  HoldQuery,
  Hold as HoldSchema,
  ReleaseInput,
} from "./hold-schemas.ts";
import { placeBankHold } from "./place-hold.ts";
import { releaseBankHold } from "./release-hold.ts";

const tags = ["Holds"];
const CAPTURING =
  "Moves the money and releases the rest. Staff captures every hold, the owner of to_account_id those in their favor.";
const RELEASING =
  "Staff releases every hold, the owner of to_account_id those in their favor. The payer releases only a hold without to_account_id: money promised to somebody is theirs to give back.";

export function addHoldRoutes(server: HttpServer, services: BankingServices): void {
  addPlacing(server, services);
  addEnding(server, services);
  addReading(server, services);
}

function addPlacing(server: HttpServer, services: BankingServices): void {
  server.post(
    "/holds",
    {
      schema: {
        tags,
        operationId: "placeHold",
        summary: "Set money aside until it is captured, released or expires",
        description: `Without to_account_id the hold is for a payout to the outside world. ${LARGE}`,
        body: HoldInput,
        response: { 201: ChangedHold },
      },
    },
    async (request, reply) => {
      const wanted = readHold(services.assets, request.body);
      return send(reply, await placeBankHold(services, readCaller(request), wanted));
    },
  );
}

function addEnding(server: HttpServer, services: BankingServices): void {
  server.post(
    "/holds/:id/capture",
    {
      schema: {
        tags,
        operationId: "captureHold",
        summary: "Take what is held, or a part (payee or staff)",
        description: CAPTURING,
        params: AccountParams,
        body: CaptureInput,
        response: { 200: ChangedHold },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { amount } = request.body;
      return send(reply, await captureBankHold(services, readCaller(request), { id, amount }), 200);
    },
  );

  server.post(
    "/holds/:id/release",
    {
      schema: {
        tags,
        operationId: "releaseHold",
        summary: "Give back what is held (payee or staff)",
        description: RELEASING,
        params: AccountParams,
        body: ReleaseInput,
        response: { 200: ChangedHold },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      return send(reply, await releaseBankHold(services, readCaller(request), id), 200);
    },
  );
}

function addReading(server: HttpServer, services: BankingServices): void {
  const { assets } = services;

  server.get(
    "/holds/:id",
    {
      schema: {
        tags,
        operationId: "getHold",
        summary: "A hold",
        params: AccountParams,
        response: { 200: HoldSchema },
      },
    },
    async (request) => {
      const hold = await getHold(services, request.actor, request.params.id);
      return describeHoldRecord(assets, hold);
    },
  );

  server.get(
    "/holds",
    {
      schema: {
        tags,
        operationId: "listHolds",
        summary: "Holds from or to an account, newest first",
        description: "Without account_id: all that the caller may see.",
        querystring: HoldQuery,
        response: { 200: HoldPage },
      },
    },
    async (request) => {
      const { account_id: accountId, status, ...page } = request.query;
      const found = await findHolds(services, request.actor, { accountId, status, ...readPage(page) });
      return describePage(found, (hold) => describeHoldRecord(assets, hold));
    },
  );
}
