// Routes of assets: the currencies, securities and stock units that accounts are kept in.

import {
  describePage,
  type HttpServer,
  readCommand,
  readPage,
  runCommand,
  sendAnswer,
} from "../../http/index.ts";
import { addAsset, findAssets, type Asset as LedgerAsset } from "../ledger/index.ts";
import { Asset, type AssetDocument, AssetPage } from "./answer-schemas.ts";
import { AssetQuery } from "./query-schemas.ts";
import type { BankingServices } from "./routes.ts";

const tags = ["Assets"];

export function addAssetRoutes(server: HttpServer, { db, assets }: BankingServices): void {
  server.get(
    "/assets",
    {
      schema: {
        tags,
        operationId: "listAssets",
        summary: "Currencies and other assets, oldest first",
        querystring: AssetQuery,
        response: { 200: AssetPage },
      },
    },
    async (request) => {
      const { kind, ...page } = request.query;
      return describePage(await findAssets(db, { kind, ...readPage(page) }), describeAsset);
    },
  );

  server.post(
    "/assets",
    {
      schema: {
        tags,
        operationId: "addAsset",
        summary: "Add a currency or another asset (admin)",
        description: "An asset never changes and is never removed.",
        body: Asset,
        response: { 201: Asset },
      },
    },
    async (request, reply) => {
      const answer = await runCommand(db, readCommand(request, "asset.add"), async (tx) =>
        describeAsset(await addAsset(tx, request.body)),
      );
      await assets.refresh(); // this process knows it before the answer says so
      return sendAnswer(reply, 201, answer);
    },
  );
}

function describeAsset({ code, kind, scale }: LedgerAsset): AssetDocument {
  return { code, kind, scale };
}
