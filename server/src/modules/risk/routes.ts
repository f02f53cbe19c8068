// Routes of the risk module: what its rules found.

import { describePage, type HttpServer, type Routes, readPage } from "../../http/index.ts";
import { addBlockedRoutes, type BlockedServices } from "./blocked-routes.ts";
import { type Flag, findFlags } from "./find-flags.ts";
import { type FlagDocument, FlagPage, FlagQuery } from "./schemas.ts";

export function riskRoutes(services: BlockedServices): Routes {
  const { db } = services;
  return (server: HttpServer) => {
    addBlockedRoutes(server, services);
    server.get(
      "/risk/flags",
      {
        schema: {
          tags: ["Risk"],
          operationId: "listRiskFlags",
          summary: "Suspicious transactions, newest first (staff)",
          querystring: FlagQuery,
          response: { 200: FlagPage },
        },
      },
      async (request) => {
        const { account_id: accountId, transaction_id: transactionId, rule, ...page } = request.query;
        const query = { accountId, transactionId, rule, ...readPage(page) };
        return describePage(await findFlags(db, query), describeFlag);
      },
    );
  };
}

function describeFlag(flag: Flag): FlagDocument {
  return {
    id: String(flag.id),
    transaction_id: String(flag.transactionId),
    account_id: String(flag.accountId),
    rule: flag.rule,
    reason: flag.reason,
    blocked: flag.blocked,
    flagged_at: flag.flaggedAt.toISOString(),
  };
}
