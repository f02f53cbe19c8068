// Routes of holds: placing, capturing, releasing, reading.

import { addDeskRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
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
  addDeskRoute(server, {
    url: "/holds",
    tags,
    config: { direct: true },
    operationId: "placeHold",
    summary: "Set money aside until it is captured, released or expires",
    description: `Without to_account_id the hold is for a payout to the outside world. ${LARGE}`,
    body: HoldInput,
    answer: ChangedHold,
    run: ({ body }, caller) => placeBankHold(services, caller, readHold(services.assets, body)),
  });
}

function addEnding(server: HttpServer, services: BankingServices): void {
  addDeskRoute(server, {
    url: "/holds/:id/capture",
    tags,
    config: { direct: true },
    operationId: "captureHold",
    summary: "Take what is held, or a part (payee or staff)",
    description: CAPTURING,
    params: AccountParams,
    body: CaptureInput,
    answer: ChangedHold,
    status: 200,
    run: ({ params: { id }, body: { amount } }, caller) => captureBankHold(services, caller, { id, amount }),
  });

  addDeskRoute(server, {
    url: "/holds/:id/release",
    tags,
    config: { direct: true },
    operationId: "releaseHold",
    summary: "Give back what is held (payee or staff)",
    description: RELEASING,
    params: AccountParams,
    body: ReleaseInput,
    answer: ChangedHold,
    status: 200,
    run: ({ params: { id } }, caller) => releaseBankHold(services, caller, id),
  });
}

function addReading(server: HttpServer, services: BankingServices): void {
  const { assets } = services;

  addRoute(server, {
    url: "/holds/:id",
    tags,
    operationId: "getHold",
    summary: "A hold",
    params: AccountParams,
    answer: HoldSchema,
    run: async ({ actor, params }) => describeHoldRecord(assets, await getHold(services, actor, params.id)),
  });

  addList(server, {
    url: "/holds",
    tags,
    operationId: "listHolds",
    summary: "Holds from or to an account, newest first",
    description: "Without account_id: all that the caller may see.",
    query: HoldQuery,
    answer: HoldPage,
    find: ({ actor, query: { account_id: accountId, status } }, page) =>
      findHolds(services, actor, { accountId, status, ...page }),
    describe: (hold) => describeHoldRecord(assets, hold),
  });
}
