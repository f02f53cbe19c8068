// Routes of corporate actions, for staff; everybody may see them.
import { addDeskRoute, addList, type HttpServer } from "../../../http/index.ts";
import type { TradingServices } from "../services.ts";
import { ActionAnswer, ActionInput, ActionPage, ActionQuery } from "./action-schemas.ts";
import { carryOutAction } from "./carry-out-action.ts";
import { describeAction, findActions } from "./find-actions.ts";
import { readAction } from "./read-action.ts";

const tags = ["Trading"];

export function addActionRoutes(server: HttpServer, services: TradingServices): void {
  const { assets } = services;
  addDeskRoute(server, {
    url: "/corporate-actions",
    tags,
    operationId: "carryOutCorporateAction",
    summary: "Split, reverse split, symbol change or cash dividend (operators)",
    description:
      "Accounts, positions, lots, open orders, quotes and candles follow in one commit. For a split all instruments of the asset are " +
      "halted or closed first; fractions are paid at price.",
    body: ActionInput,
    answer: ActionAnswer,
    run: async ({ body }, caller) => {
      await assets.lookAgain();
      return carryOutAction(services, caller, readAction(body));
    },
  });

  addList(server, {
    url: "/corporate-actions",
    tags,
    operationId: "listCorporateActions",
    summary: "Corporate actions, newest first",
    query: ActionQuery,
    answer: ActionPage,
    find: async ({ query }, page) => {
      await assets.lookAgain();
      return findActions(services, { instrumentId: query.instrument_id, ...page });
    },
    describe: (found) => describeAction(assets, found),
  });
}
