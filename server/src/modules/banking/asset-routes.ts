// Routes of assets: the currencies, securities and stock units that accounts are kept in.

import { addCommandRoute, addRoute, describePage, type HttpServer, readPage } from "../../http/index.ts";
import { type AssetRecord, addAsset, changeAssetState, findAssets, getAsset } from "../ledger/index.ts";
import { Asset, type AssetDocument, AssetPage } from "./answer-schemas.ts";
import { AssetInput, AssetParams, AssetQuery, NoInput } from "./query-schemas.ts";
import type { BankingServices } from "./routes.ts";

const tags = ["Assets"];

export function addAssetRoutes(server: HttpServer, services: BankingServices): void {
  addReading(server, services);
  addAdding(server, services);
  for (const change of STATE_CHANGES) addStateChange(server, services, change);
}

function addReading(server: HttpServer, { db }: BankingServices): void {
  addRoute(server, {
    url: "/assets",
    tags,
    operationId: "listAssets",
    summary: "Currencies and other assets, oldest first",
    query: AssetQuery,
    answer: AssetPage,
    run: async (request) => {
      const { kind, ...page } = request.query;
      return describePage(await findAssets(db, { kind, ...readPage(page) }), describeAsset);
    },
  });

  addRoute(server, {
    url: "/assets/:code",
    tags,
    operationId: "getAsset",
    summary: "An asset",
    params: AssetParams,
    answer: Asset,
    run: async ({ params }) => describeAsset(await getAsset(db, params.code)),
  });
}

function addAdding(server: HttpServer, { db, assets }: BankingServices): void {
  addCommandRoute(server, db, {
    url: "/assets",
    tags,
    operationId: "addAsset",
    summary: "Add a currency or another asset (admin)",
    description: "Its kind and scale never change, and it is never removed; it can be deactivated.",
    body: AssetInput,
    answer: Asset,
    status: 201,
    event: "asset.add",
    run:
      ({ body }) =>
      async (tx) =>
        describeAsset(await addAsset(tx, body)),
    afterCommit: () => assets.refresh(), // this process knows it before the answer says so
  });
}

interface StateChange {
  readonly act: "activate" | "deactivate";
  readonly operationId: string;
  readonly summary: string;
}
const STATE_CHANGES: readonly StateChange[] = [
  {
    act: "activate",
    operationId: "activateAsset",
    summary: "Let accounts and orders begin in an asset again (admin)",
  },
  {
    act: "deactivate",
    operationId: "deactivateAsset",
    summary: "Let no account and no order begin in an asset (admin)",
  },
];

function addStateChange(server: HttpServer, { db }: BankingServices, change: StateChange): void {
  const { act, operationId, summary } = change;
  addCommandRoute(server, db, {
    url: `/assets/:code/${act}`,
    tags,
    operationId,
    summary,
    description: "What is in it stays, and can be moved, paid back and withdrawn.",
    params: AssetParams,
    body: NoInput,
    answer: Asset,
    event: `asset.${act}`,
    run: (request) => {
      const { code } = request.params;
      return async (tx) => describeAsset(await changeAssetState(tx, code, act === "activate"));
    },
  });
}

function describeAsset({ code, kind, scale, active }: AssetRecord): AssetDocument {
  return { code, kind, scale, state: active ? "active" : "inactive" };
}
