// GET /integrity: whether ledger, stock, payments and orders agree, according to the newest check or to a new one.
import type { HttpServer, Routes } from "../../http/index.ts";
import type { Sql } from "../../runtime/database.ts";
import { ownOf } from "../../values/own-of.ts";
import { formatStamp } from "../../values/time.ts";
import type { Check } from "../module.ts";
import { countFindings, describeFinding, listKinds } from "./check-integrity.ts";
import { answerOf, type IntegrityDocument, IntegrityQuery } from "./integrity-schemas.ts";
import { type CheckRow, findLatestCheck, shareCheck } from "./run-integrity.ts";

export function integrityRoutes({ db, checks }: { db: Sql; checks: readonly Check[] }): Routes {
  const kinds = listKinds(checks);
  return (server: HttpServer) => {
    const check = shareCheck(db, checks);
    server.get(
      "/integrity",
      {
        schema: {
          tags: ["Integrity"],
          operationId: "getIntegrity",
          summary: "Whether ledger, stock, payments and orders agree (admin)",
          description:
            "Answers the newest check, which a job repeats every INTEGRITY_CHECK_SECONDS; fresh=true makes one now. " +
            "`npx countinghouse verify` checks the audit trail too.",
          querystring: IntegrityQuery,
          response: { 200: answerOf(kinds) },
        },
      },
      async ({ query }) => {
        const latest = query.fresh === true ? undefined : await findLatestCheck(db);
        return describeCheck(kinds, latest ?? (await check()));
      },
    );
  };
}

function describeCheck(
  kinds: readonly string[],
  { findings, checkedAt, durationMs, transferCount, since }: CheckRow,
): IntegrityDocument {
  return {
    clean: countFindings(findings) === 0,
    checked_at: checkedAt.toISOString(),
    duration_ms: durationMs,
    transfer_count: transferCount,
    since: since === 0 ? null : formatStamp(since),
    kinds: kinds.map((kind) => ({
      kind,
      differences: (ownOf(findings, kind) ?? []).map(describeFinding),
    })),
  };
}
