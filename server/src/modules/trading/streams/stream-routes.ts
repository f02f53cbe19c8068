// The stream of trading: quotes of instruments, and an owner's orders and executions, by Server-Sent Events or WebSocket. Customers
// see their own.
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { HttpServer } from "../../../http/index.ts";
import { findRefusal, PERMISSIONS } from "../../../http/permissions.ts";
import { actsForAll } from "../../../values/actor.ts";
import { AppError, invalidField } from "../../../values/app-error.ts";
import { readForeignCode } from "../../../values/names.ts";
import { readId } from "../../../values/read-input.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { sidesOf } from "../instruments/instrument.ts";
import type { TradingServices } from "../services.ts";
import type { FeedHub } from "./feed-hub.ts";
import type { StreamGuards } from "./guard-streams.ts";
import { readPosition } from "./stream-position.ts";

const INSTRUMENTS_MAX = 20;

const StreamQuery = Type.Object(
  {
    quotes: Type.Optional(Type.String({ maxLength: 400, description: "Ids of instruments, with commas" })),
    orders: Type.Optional(Type.Boolean()),
    owner_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    after: Type.Optional(
      Type.String({ maxLength: 1_000, description: "The id of the last event that came" }),
    ),
    cancel_on_disconnect: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
type StreamQuery = Type.Static<typeof StreamQuery>;

export interface StreamParts {
  readonly hub: FeedHub;
  readonly guards: StreamGuards;
}

export function addStreamRoutes(
  server: HttpServer,
  services: TradingServices,
  { hub, guards }: StreamParts,
): void {
  server.route({
    method: "GET",
    url: "/trading/stream",
    exposeHeadRoute: false, // it would be a stream that tells nothing
    // OpenAPI has no streams: docs/trading.md describes it.
    schema: { hide: true, operationId: "streamTrading", querystring: StreamQuery } as object,
    handler: async (request, reply) => {
      const asked = await readSubscription(services, request);
      const isGuarded = (request.query as StreamQuery).cancel_on_disconnect === true;
      const guard = isGuarded ? await guards.prepare(ownerToCancel(request), request.actor.id) : undefined;
      server.acceptEvents(request, reply, (stream) => {
        guard?.watch(stream);
        hub.add({ ...asked, stream });
      });
    },
  });
}

/** @throws AppError `invalid/invalid_request`, `forbidden/forbidden`, `not_found/instrument_not_found` */
async function readSubscription({ db, assets }: TradingServices, request: FastifyRequest) {
  const { quotes: list = "", orders = false, owner_id, after } = request.query as StreamQuery;
  const ids = list === "" ? [] : [...new Set(list.split(",").map((id) => readId(id.trim(), "quotes")))];
  if (ids.length > INSTRUMENTS_MAX)
    throw invalidField("quotes", `names more than ${INSTRUMENTS_MAX} instruments`);
  if (ids.length === 0 && !orders)
    throw invalidField("quotes", "is missing: name instruments, or send orders=true");
  if (owner_id !== undefined && !orders) throw invalidField("owner_id", "goes with orders=true");
  const ownerId = orders ? readOwner(request) : undefined;
  const header = request.headers["last-event-id"];
  const last = typeof header === "string" ? header : undefined;
  const position = readPosition(last ?? after, last === undefined ? "after" : "Last-Event-ID");
  const scales = new Map<number, number>();
  for (const id of ids) {
    const instrument = await getInstrument(db, id);
    if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
    scales.set(id, sidesOf(assets, instrument).money.scale);
  }
  const quotes = new Map(ids.map((id) => [id, position.quotes.get(id)]));
  return { quotes, scales, ownerId, orders: orders ? position.orders : undefined };
}

function readOwner({ actor, query }: FastifyRequest): string {
  const ownerId = readForeignCode((query as StreamQuery).owner_id, "owner_id") ?? actor.id;
  if (actsForAll(actor) || ownerId === actor.id) return ownerId;
  throw new AppError("forbidden", "forbidden", {
    fields: [{ field: "owner_id", reason: "is for staff: your own orders come without it" }],
  });
}

/** Who may not cancel orders may not have them cancelled either. */
function ownerToCancel(request: FastifyRequest): string {
  const permission = PERMISSIONS["cancelTradeOrders"];
  const refusal = permission && findRefusal(request.actor, permission);
  if (refusal !== undefined) throw new AppError("forbidden", refusal.code, { message: refusal.message });
  if ((request.query as StreamQuery).orders !== true)
    throw invalidField(
      "cancel_on_disconnect",
      "goes with orders=true: it cancels the orders of that stream's owner",
    );
  return readOwner(request);
}
