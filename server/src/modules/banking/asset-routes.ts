// Routes of assets: the currencies, securities and stock units that accounts are kept in.

import { addCommandRoute, addList, addRoute, type HttpServer } from "../../http/index.ts";
import { CHANGES_FIELDS, IF_MATCH, readVersions } from "../../http/version.ts";
import type { Filter } from "../../values/filter.ts";
import { readMetadata } from "../../values/metadata.ts";
import { readName } from "../../values/names.ts";
import { readAll, readLines } from "../../values/read-input.ts";
import {
  type AssetDetails,
  type AssetRecord,
  addAsset,
  changeAssetDetails,
  changeAssetState,
  findAssets,
  getAsset,
} from "../ledger/index.ts";
import { Asset, type AssetDocument, AssetPage } from "./answer-schemas.ts";
import { AssetChange, AssetInput, AssetParams, AssetQuery, NoInput } from "./query-schemas.ts";
import type { BankingServices } from "./routes.ts";

const tags = ["Assets"];

export function addAssetRoutes(server: HttpServer, services: BankingServices): void {
  addReading(server, services);
  addAdding(server, services);
  addChanging(server, services);
  for (const change of STATE_CHANGES) addStateChange(server, services, change);
}

function addReading(server: HttpServer, { db }: BankingServices): void {
  addList(server, {
    url: "/assets",
    tags,
    operationId: "listAssets",
    summary: "Currencies and other assets, oldest first",
    query: AssetQuery,
    answer: AssetPage,
    find: ({ query: { kind, category } }, page) =>
      findAssets(db, { kind, category: readName(category, "category"), ...page }),
    describe: describeAsset,
  });

  addRoute(server, {
    url: "/assets/:code",
    tags,
    operationId: "getAsset",
    summary: "An asset",
    params: AssetParams,
    answer: Asset,
    isVersioned: true,
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
    run: ({ body: { code, kind, scale, ...details } }) => {
      const given = readDetails(details);
      return async (tx) => describeAsset(await addAsset(tx, { code, kind, scale, ...given }));
    },
    afterCommit: () => assets.refresh(), // so that this process knows it before the client has the answer
  });
}

function addChanging(server: HttpServer, { db }: BankingServices): void {
  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/assets/:code",
    tags,
    operationId: "changeAsset",
    summary: "Change what an asset is called, and what is said of it (admin)",
    description: `${CHANGES_FIELDS} null removes one.`,
    params: AssetParams,
    body: AssetChange,
    answer: Asset,
    isVersioned: true,
    event: "asset.change",
    run: ({ params: { code }, body, headers }) => {
      const change = { ...readDetails(body), versions: readVersions(headers["if-match"]) };
      return async (tx) => describeAsset(await changeAssetDetails(tx, code, change));
    },
  });
}

/** @throws AppError `invalid/invalid_request` naming the field */
function readDetails(input: AssetChange): Filter<AssetDetails> {
  const { metadata } = input;
  return readAll({
    name: () => readName(input.name, "name"),
    description: () => readLines(input.description, "description"),
    category: () => readName(input.category, "category"),
    metadata: () => (metadata === undefined || metadata === null ? metadata : readMetadata(metadata)),
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
    description: `What is in it stays, and can be moved, paid back and withdrawn. ${IF_MATCH}`,
    params: AssetParams,
    body: NoInput,
    answer: Asset,
    isVersioned: true,
    event: `asset.${act}`,
    run: ({ params: { code }, headers }) => {
      const change = { active: act === "activate", versions: readVersions(headers["if-match"]) };
      return async (tx) => describeAsset(await changeAssetState(tx, code, change));
    },
  });
}

function describeAsset({ id, active, metadata, ...asset }: AssetRecord): AssetDocument {
  return {
    ...asset,
    metadata: metadata === null ? null : JSON.parse(metadata),
    state: active ? "active" : "inactive",
  };
}
