// Routes of stops of trading, for staff.
import { Type } from "typebox";
import {
  addDeskRoute,
  addRoute,
  type HttpServer,
  IdInput,
  NOT_BLANK,
  nullable,
  Time,
} from "../../../http/index.ts";
import { readForeignCode } from "../../../values/names.ts";
import { readOptionalId } from "../../../values/read-input.ts";
import type { TradingServices } from "../services.ts";
import { unfit } from "../trade-orders/read-order-input.ts";
import { findStops } from "./find-stops.ts";
import { stopTrading } from "./stop-trading.ts";

const tags = ["Trading"];
const example = { owner_id: "customer-1", reason: "Their account was taken over" };

const StopInput = Type.Object(
  {
    owner_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128, ...NOT_BLANK })),
    instrument_id: Type.Optional(IdInput),
    reason: Type.String({ minLength: 1, maxLength: 300, ...NOT_BLANK }),
  },
  { additionalProperties: false, examples: [example] },
);
const StopAnswer = Type.Object(
  {
    owner_id: nullable(Type.String()),
    instrument_id: nullable(Type.String()),
    reason: Type.String(),
    is_stopped: Type.Boolean(),
  },
  { title: "TradingStop" },
);
const StopList = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        owner_id: nullable(Type.String()),
        instrument_id: nullable(Type.String()),
        reason: Type.String(),
        actor_id: Type.String(),
        at: Time,
      }),
    ),
  },
  { title: "TradingStopList" },
);

export function addStopRoutes(server: HttpServer, services: TradingServices): void {
  for (const isOn of [true, false])
    addDeskRoute(server, {
      url: isOn ? "/trading-stops" : "/trading-stops/end",
      tags,
      operationId: isOn ? "stopTrading" : "endTradingStop",
      summary: isOn
        ? "Stop trading for an owner or in an instrument: open orders are cancelled, new ones refused (operators)"
        : "End a stop of trading (operators)",
      body: StopInput,
      answer: StopAnswer,
      status: 200,
      run: ({ body }, caller) => {
        const ownerId = readForeignCode(body.owner_id, "owner_id");
        const instrumentId = readOptionalId(body.instrument_id, "instrument_id");
        if ((ownerId === undefined) === (instrumentId === undefined))
          throw unfit("owner_id", "send either owner_id or instrument_id");
        return stopTrading(services, caller, { ownerId, instrumentId, reason: body.reason, isOn });
      },
    });

  addRoute(server, {
    url: "/trading-stops",
    tags,
    operationId: "listTradingStops",
    summary: "The stops of trading that are on, newest first (operators)",
    answer: StopList,
    run: async () => ({ items: await findStops(services.db) }),
  });
}
