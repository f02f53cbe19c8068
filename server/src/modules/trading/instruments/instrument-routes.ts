// Routes of instruments: everybody may see them; staff make, change, halt and open them.
import { addCommandRoute, addDeskRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
import { CHANGES_FIELDS, IF_MATCH, readVersions } from "../../../http/version.ts";
import { readCode, readName } from "../../../values/names.ts";
import type { TradingServices } from "../services.ts";
import { expireTradeOrders } from "../trade-orders/end-order.ts";
import { addInstrument, changeInstrument, prepareInstrumentChange } from "./change-instrument.ts";
import { changeInstrumentState } from "./change-instrument-state.ts";
import { describeInstrument } from "./describe-instrument.ts";
import { findInstruments, getInstrument } from "./find-instruments.ts";
import type { InstrumentState } from "./instrument.ts";
import {
  InstrumentAnswer,
  InstrumentChange,
  InstrumentInput,
  InstrumentPage,
  InstrumentParams,
  InstrumentQuery,
  StateInput,
} from "./instrument-schemas.ts";
import { readNewInstrument } from "./read-instrument-input.ts";

const tags = ["Trading"];

const now = () => Date.now() * 1_000;

export function addInstrumentRoutes(server: HttpServer, services: TradingServices): void {
  addReading(server, services);
  addWriting(server, services);
  for (const change of STATE_CHANGES) addStateChange(server, services, change);
}

function addReading(server: HttpServer, { db, assets }: TradingServices): void {
  addList(server, {
    url: "/instruments",
    tags,
    operationId: "listInstruments",
    summary: "Instruments with their newest quotes, oldest first",
    query: InstrumentQuery,
    answer: InstrumentPage,
    find: async (request, page) => {
      const { symbol: wanted, asset, state } = request.query;
      const symbol = readCode(wanted, "symbol");
      const found = await findInstruments(db, { symbol, asset, state, ...page });
      await assets.lookAgain();
      return found;
    },
    describe: (instrument) => describeInstrument(assets, instrument, now()),
  });

  addRoute(server, {
    url: "/instruments/:id",
    tags,
    operationId: "getInstrument",
    summary: "An instrument with its newest quote",
    params: InstrumentParams,
    answer: InstrumentAnswer,
    isVersioned: true,
    run: async ({ params }) => {
      const instrument = await getInstrument(db, params.id);
      if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
      return describeInstrument(assets, instrument, now());
    },
  });
}

function addWriting(server: HttpServer, services: TradingServices): void {
  const { db, assets, settings } = services;
  addCommandRoute(server, db, {
    url: "/instruments",
    tags,
    operationId: "addInstrument",
    summary: "Make an instrument: a security that is traded for a currency (admin)",
    description:
      "Orders are dealt against the house at the quotes that come in, or with venue `book` with each other. Its symbol, asset, " +
      "currency and venue never change.",
    body: InstrumentInput,
    answer: InstrumentAnswer,
    status: 201,
    event: "instrument.add",
    run: ({ body }) => {
      const { defaultCurrency } = settings;
      const instrument = readNewInstrument({ assets, defaultCurrency }, body);
      return async (tx) => describeInstrument(assets, await addInstrument(tx, instrument), now());
    },
  });

  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/instruments/:id",
    tags,
    operationId: "changeInstrument",
    summary: "Change the terms of an instrument (admin)",
    description: `${CHANGES_FIELDS} It holds for orders placed from then on.`,
    params: InstrumentParams,
    body: InstrumentChange,
    answer: InstrumentAnswer,
    isVersioned: true,
    event: "instrument.change",
    run: async ({ params: { id }, body, headers }) => {
      const versions = readVersions(headers["if-match"]);
      const terms = await prepareInstrumentChange(services, id, body);
      return async (tx) =>
        describeInstrument(assets, await changeInstrument(tx, assets, { id, terms, versions }), now());
    },
  });
}

interface StateRoute {
  readonly act: "open" | "halt" | "close";
  readonly state: InstrumentState;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
}

const STATE_CHANGES: readonly StateRoute[] = [
  {
    act: "open",
    state: "open",
    operationId: "openInstrument",
    summary: "Open an instrument for trading (operators)",
    description: "Orders are taken and quotes fire what they reach, within its hours.",
  },
  {
    act: "halt",
    state: "halted",
    operationId: "haltInstrument",
    summary: "Halt an instrument (operators)",
    description: "No order is taken and no quote fires one; open orders stay, and can be cancelled.",
  },
  {
    act: "close",
    state: "closed",
    operationId: "closeInstrument",
    summary: "Close an instrument: its session, and orders for the day, end (operators)",
    description: "No order is taken and no quote fires one; other open orders stay, and can be cancelled.",
  },
];

function addStateChange(server: HttpServer, services: TradingServices, route: StateRoute): void {
  const { act, state, operationId, summary, description } = route;
  addDeskRoute(server, {
    url: `/instruments/:id/${act}`,
    tags,
    operationId,
    summary,
    description: `${description} ${IF_MATCH}`,
    params: InstrumentParams,
    body: StateInput,
    answer: InstrumentAnswer,
    status: 200,
    run: async ({ params, body, headers }, caller) => {
      const versions = readVersions(headers["if-match"]);
      const reason = readName(body.reason, "reason");
      const outcome = await changeInstrumentState(services, caller, {
        id: params.id,
        state,
        reason,
        versions,
      });
      if (state === "closed") await expireTradeOrders(services);
      return outcome;
    },
  });
}
