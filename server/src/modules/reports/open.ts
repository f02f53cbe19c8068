// Opens reports: the check of the whole, by the checks of all modules, as a task, a page and a metric.

import { ownOf } from "../../values/own-of.ts";
import type { Module } from "../module.ts";
import { listKinds } from "./check-integrity.ts";
import { integrityRoutes } from "./integrity-routes.ts";
import { findLatestCheck, watchIntegrity } from "./run-integrity.ts";

export interface ReportSettings {
  readonly integrityCheckSeconds: number;
}

export const reports: Module<"reports", ReportSettings, object, object> = {
  name: "reports",
  readSettings: (config) => ({ integrityCheckSeconds: config.INTEGRITY_CHECK_SECONDS }),
  open: ({ db, log, checks }, { integrityCheckSeconds }) => ({
    services: {},
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
