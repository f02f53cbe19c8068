// Routes of trade orders: placing one or a pair, reading, cancelling.
import {
  addDeskRoute,
  describePage,
  type HttpServer,
  readCaller,
  readPage,
  send,
} from "../../../http/index.ts";
import { CHANGES_FIELDS, formatETag, IF_MATCH, readVersions } from "../../../http/version.ts";
import { actsForAll } from "../../../values/actor.ts";
import { AppError, invalidField } from "../../../values/app-error.ts";
import { readForeignCode } from "../../../values/names.ts";
import { readOptionalAmount, readOptionalId } from "../../../values/read-input.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { sidesOf } from "../instruments/instrument.ts";
import type { TradingServices } from "../services.ts";
import { describeTradeOrder } from "./describe-trade-order.ts";
import { cancelTradeOrders, endTradeOrder } from "./end-order.ts";
import { findTradeOrders, getTradeOrder, getTradeOrderDetail } from "./find-trade-orders.ts";
import type { NewTradeOrder } from "./new-trade-order.ts";
import { placeTradeOrders } from "./place-order.ts";
import { readInstrumentId, readOptionalPrice, readTradeOrder, unfit } from "./read-order-input.ts";
import { replaceTradeOrder } from "./replace-order.ts";
import {
  CancelAllInput,
  CancelledAnswer,
  PairAnswer,
  PairInput,
  ReplaceInput,
  TradeOrderAnswer,
  TradeOrderDetail,
  TradeOrderInput,
  TradeOrderPage,
  TradeOrderParams,
  TradeOrderQuery,
} from "./trade-order-schemas.ts";

const tags = ["Trading"];

export function addTradeOrderRoutes(server: HttpServer, services: TradingServices): void {
  addPlacing(server, services);
  addReading(server, services);
  addReplacing(server, services);
  addCancelling(server, services);
}

function addPlacing(server: HttpServer, services: TradingServices): void {
  const { db, assets } = services;
  server.post(
    "/trade-orders",
    {
      config: { direct: true },
      schema: {
        tags,
        operationId: "placeTradeOrder",
        summary: "Buy or sell an instrument",
        description:
          "What it may cost, or what it sells, is held; what can be dealt at once is dealt in the same commit. With take_profit or " +
          "stop_loss a purchase brings its exits along. Accounts that are not named are the owner's only ones.",
        body: TradeOrderInput,
        response: { 201: TradeOrderAnswer },
      },
    },
    async (request, reply) => {
      const instrument = await getInstrument(db, readInstrumentId(request.body));
      if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
      const order = readTradeOrder(assets, instrument, { input: request.body });
      return send(reply, await placeTradeOrders(services, readCaller(request), [order]));
    },
  );

  server.post(
    "/trade-orders/pairs",
    {
      schema: {
        tags,
        operationId: "placeTradeOrderPair",
        summary: "Place two orders of which one cancels the other",
        description: "Of one instrument, side and quantity; both wait. One hold serves both.",
        body: PairInput,
        response: { 201: PairAnswer },
      },
    },
    async (request, reply) => {
      const { orders } = request.body;
      const [first] = orders;
      if (first === undefined) throw invalidField("orders", "must be two");
      const instrument = await getInstrument(db, readInstrumentId(first, "orders[0]."));
      if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
      const pair = orders.map((input, index) =>
        readTradeOrder(assets, instrument, { input, path: `orders[${index}].` }),
      );
      checkPair(pair, orders);
      return send(reply, await placeTradeOrders(services, readCaller(request), pair));
    },
  );
}

/** @throws AppError `refused/trade_order_fields_unfit` naming the field of the second that differs, or of one that would not wait */
function checkPair(
  pair: readonly NewTradeOrder[],
  inputs: readonly { readonly instrument_id: string | number }[],
): void {
  const [first, second] = pair;
  if (first === undefined || second === undefined) throw invalidField("orders", "must be two");
  for (const [index, order] of pair.entries()) {
    if (order.type === "market")
      throw unfit(`orders[${index}].type`, "both of a pair wait: send no market order");
    if (order.timeInForce === "IOC" || order.timeInForce === "FOK")
      throw unfit(`orders[${index}].time_in_force`, "both of a pair wait: send GTC, DAY or GTD");
  }
  const isSame = Number(inputs[1]?.instrument_id) === first.instrumentId;
  if (!isSame) throw unfit("orders[1].instrument_id", "must be the first one's");
  if (first.side !== second.side) throw unfit("orders[1].side", "must be the first one's");
  if (first.quantity !== second.quantity) throw unfit("orders[1].quantity", "must be the first one's");
  for (const [field, name] of [
    ["cashAccountId", "cash_account_id"],
    ["assetAccountId", "asset_account_id"],
  ] as const)
    if (second[field] !== undefined && second[field] !== first[field])
      throw unfit(`orders[1].${name}`, "must be the first one's");
}

function addReading(server: HttpServer, services: TradingServices): void {
  const { assets } = services;
  server.get(
    "/trade-orders",
    {
      schema: {
        tags,
        operationId: "listTradeOrders",
        summary: "Trade orders, newest first",
        description: "Staff sees all, a customer their own.",
        querystring: TradeOrderQuery,
        response: { 200: TradeOrderPage },
      },
    },
    async (request) => {
      const {
        owner_id,
        instrument_id: instrumentId,
        status,
        open: isOpen,
        client_order_id,
        ...page
      } = request.query;
      const found = await findTradeOrders(services, request.actor, {
        ownerId: readForeignCode(owner_id, "owner_id"),
        instrumentId,
        status,
        isOpen,
        clientOrderId: readForeignCode(client_order_id, "client_order_id"),
        ...readPage(page),
      });
      if (found.items.some(({ instrument }) => assets.byCode(instrument.asset) === undefined))
        await assets.refresh();
      return describePage(found, (each) => describeTradeOrder(assets, each));
    },
  );

  server.get(
    "/trade-orders/:id",
    {
      schema: {
        tags,
        operationId: "getTradeOrder",
        summary: "A trade order with its executions, its timeline and the quote that fired it",
        params: TradeOrderParams,
        response: { 200: TradeOrderDetail },
      },
    },
    async (request, reply) => {
      const order = await getTradeOrderDetail(services, request.actor, request.params.id);
      reply.header("etag", formatETag(order));
      return order;
    },
  );
}

function addReplacing(server: HttpServer, services: TradingServices): void {
  const { db, assets } = services;
  addDeskRoute(server, {
    method: "PATCH",
    url: "/trade-orders/:id",
    tags,
    operationId: "replaceTradeOrder",
    summary: "Replace the price or the quantity of an order that waits",
    description: `The old hold is swapped for the new one, or nothing changes. ${CHANGES_FIELDS}`,
    params: TradeOrderParams,
    body: ReplaceInput,
    answer: TradeOrderAnswer,
    status: 200,
    run: async ({ params: { id }, body, headers }, caller) => {
      const versions = readVersions(headers["if-match"]);
      const order = await getTradeOrder(services, caller.actor, id);
      const instrument = await getInstrument(db, order.instrumentId);
      const { security } = sidesOf(assets, instrument);
      return replaceTradeOrder(services, caller, {
        id,
        quantity: readOptionalAmount(body.quantity, security, "quantity"),
        limitPrice: readOptionalPrice(body.limit_price, "limit_price"),
        stopPrice: readOptionalPrice(body.stop_price, "stop_price"),
        versions,
      });
    },
  });
}

function addCancelling(server: HttpServer, services: TradingServices): void {
  server.post(
    "/trade-orders/:id/cancel",
    {
      schema: {
        tags,
        operationId: "cancelTradeOrder",
        summary: "Cancel a trade order: what it held is free",
        description: `Possible in every state of its instrument. Its pair goes on. ${IF_MATCH}`,
        params: TradeOrderParams,
        response: { 200: TradeOrderAnswer },
      },
    },
    async (request, reply) => {
      const versions = readVersions(request.headers["if-match"]);
      const ending = { id: request.params.id, as: "cancelled", versions } as const;
      return send(reply, await endTradeOrder(services, readCaller(request), ending), 200);
    },
  );

  addDeskRoute(server, {
    url: "/trade-orders/cancel",
    tags,
    operationId: "cancelTradeOrders",
    summary: "Cancel all open trade orders, or those of an instrument",
    description: "A customer's own; staff names whose, or cancels everybody's. Up to 500 at once.",
    body: CancelAllInput,
    answer: CancelledAnswer,
    status: 200,
    run: ({ body }, caller) => {
      const { actor } = caller;
      const ownerId = readForeignCode(body.owner_id, "owner_id");
      if (!actsForAll(actor) && ownerId !== undefined && ownerId !== actor.id)
        throw new AppError("forbidden", "forbidden", {
          fields: [{ field: "owner_id", reason: "is for staff: your own are cancelled without it" }],
        });
      return cancelTradeOrders(services, caller, {
        ownerId: actsForAll(actor) ? ownerId : actor.id,
        instrumentId: readOptionalId(body.instrument_id, "instrument_id"),
      });
    },
  });
}
