// Opens reports: the check of the whole, by the checks of all modules, as a task, a page and a metric.

import { ownOf } from "../../values/own-of.ts";
import type { Module } from "../module.ts";
import { countFindings, listKinds } from "./check-integrity.ts";
import { integrityRoutes } from "./integrity-routes.ts";
import { findLatestCheck, watchIntegrity } from "./run-integrity.ts";

export interface ReportSettings {
  readonly integrityCheckSeconds: number;
}

export interface ReportServices {
  /** The newest check of the whole, by any process; undefined before the first one. */
  readonly findLatestCheck: () => Promise<CheckSummary | undefined>;
}

export interface CheckSummary {
  readonly checkedAt: Date;
  readonly differences: number;
  readonly kinds: readonly string[];
}

export const reports: Module<"reports", ReportSettings, object, ReportServices> = {
  name: "reports",
  readSettings: (config) => ({ integrityCheckSeconds: config.INTEGRITY_CHECK_SECONDS }),
  open: ({ db, log, checks }, { integrityCheckSeconds }) => ({
    services: {
      findLatestCheck: async () => {
        const latest = await findLatestCheck(db);
        if (latest === undefined) return undefined;
        const { checkedAt, findings } = latest;
        return { checkedAt, differences: countFindings(findings), kinds: listKinds(checks) };
      },
    },
    routes: [integrityRoutes({ db, checks })],
    tasks: [
      {
        name: "check_integrity",
        everySeconds: integrityCheckSeconds,
        run: () => watchIntegrity({ db, log, checks }),
      },
    ],
    gauges: [
      {
        name: "integrity_differences",
        help: "Differences that the newest check of the whole found, by kind; NaN before the first; anything but 0 is an error",
        label: "kind",
        read: async () => {
          const latest = await findLatestCheck(db).catch(() => undefined);
          return Object.fromEntries(
            listKinds(checks).map((kind) => [
              kind,
              ownOf(latest?.findings ?? {}, kind)?.length ?? Number.NaN,
            ]),
          );
        },
      },
    ],
  }),
};
