// Routes of positions: how much an owner has of each asset, what it cost, and its value at the newest quote.
import { addDeskRoute, addList, type HttpServer } from "../../../http/index.ts";
import { readForeignCode, readName } from "../../../values/names.ts";
import {
  readAll,
  readOptionalAmount,
  readOptionalId,
  readPositiveAmount,
  readTime,
} from "../../../values/read-input.ts";
import { readCurrency } from "../../ledger/index.ts";
import { readSecurity } from "../instruments/read-instrument-input.ts";
import type { TradingServices } from "../services.ts";
import { readChosenLots, unfit } from "../trade-orders/read-order-input.ts";
import { describeLot, describePosition, findLots, findPositions } from "./find-positions.ts";
import {
  LotPage,
  LotQuery,
  PositionPage,
  PositionQuery,
  TransferAnswer,
  TransferInput,
} from "./position-schemas.ts";
import { type PositionTransfer, transferPosition } from "./transfer-position.ts";

export function addPositionRoutes(server: HttpServer, services: TradingServices): void {
  addList(server, {
    url: "/positions",
    tags: ["Trading"],
    operationId: "listPositions",
    summary: "Positions: quantity, average cost, realized and unrealized gain",
    description: "Staff sees all, a customer their own.",
    query: PositionQuery,
    answer: PositionPage,
    find: async (request, page) => {
      const { owner_id, asset } = request.query;
      const ownerId = readForeignCode(owner_id, "owner_id");
      return findPositions(services, request.actor, { ownerId, asset, ...page });
    },
    describe: (position) => describePosition(services.assets, position),
  });

  addList(server, {
    url: "/lots",
    tags: ["Trading"],
    operationId: "listLots",
    summary: "Lots: the parts of positions with their cost, date and exchange rate",
    description:
      "Staff sees all, a customer their own. A sale may choose lots; otherwise the cost basis does.",
    query: LotQuery,
    answer: LotPage,
    find: async (request, page) => {
      const { owner_id, asset, asset_account_id: assetAccountId, open: isOpen } = request.query;
      const ownerId = readForeignCode(owner_id, "owner_id");
      return findLots(services, request.actor, { ownerId, asset, assetAccountId, isOpen, ...page });
    },
    describe: (lot) => describeLot(services.assets, lot),
  });

  addDeskRoute(server, {
    url: "/position-transfers",
    tags: ["Trading"],
    operationId: "transferPosition",
    summary: "Transfer units with their lots: cost, date and exchange rate go along",
    description:
      "Between accounts; or, by staff, to the outside or in from it with cost and acquired_at. Nothing is gained by it.",
    body: TransferInput,
    answer: TransferAnswer,
    run: async ({ body }, caller) => transferPosition(services, caller, await readTransfer(services, body)),
  });
}

/** @throws AppError `invalid/…`, `refused/trade_order_fields_unfit` naming the field */
async function readTransfer(
  { assets, settings }: TradingServices,
  input: TransferInput,
): Promise<PositionTransfer> {
  if (assets.byCode(input.asset) === undefined) await assets.lookAgain();
  const asset = readSecurity(assets, input.asset);
  const money = readCurrency(assets, input.currency ?? settings.defaultCurrency);
  const fields = readAll({
    fromAccountId: () => readOptionalId(input.from_account_id, "from_account_id"),
    toAccountId: () => readOptionalId(input.to_account_id, "to_account_id"),
    quantity: () => readPositiveAmount(input.quantity, asset, "quantity"),
    cost: () => readOptionalAmount(input.cost, money, "cost"),
    at: () => readTime(input.acquired_at, "acquired_at"),
    reference: () => readName(input.reference, "reference"),
  });
  const { cost, at, ...read } = fields;
  if (read.fromAccountId === undefined && read.toAccountId === undefined)
    throw unfit("from_account_id", "name at least one account");
  if (read.fromAccountId === read.toAccountId) throw unfit("to_account_id", "is the one that it comes from");
  const isIn = read.fromAccountId === undefined;
  if (isIn && cost === undefined) throw unfit("cost", "is missing: what comes in has cost something, or 0");
  if (isIn && at === undefined) throw unfit("acquired_at", "is missing: when was it acquired?");
  if (isIn && input.lots !== undefined) throw unfit("lots", "belong to the account that it comes from");
  if (at !== undefined && at > Date.now() * 1_000) throw unfit("acquired_at", "must not lie in the future");
  for (const field of ["cost", "acquired_at", "rate"] as const)
    if (!isIn && input[field] !== undefined) throw unfit(field, "goes along with the lots: send it not");
  return {
    ...{ ...read, asset, currency: money.code },
    lots: readChosenLots(input.lots, { security: asset, quantity: read.quantity }),
    acquired: cost === undefined || at === undefined ? undefined : { cost, at, rate: input.rate },
  };
}
