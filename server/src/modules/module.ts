// What a module is to the program, one shape for all: it reads its own settings, is opened by the list of modules with what
// the modules below it serve, and hands back its parts. Whoever needs one kind of part (routes, tasks, gauges, checks,
// encrypted tables) walks the list; nobody keeps a list of their own.
import type { Config } from "../config/config.ts";
import type { Routes } from "../http/index.ts";
import type { Metrics } from "../http/operations/metrics.ts";
import type { BatchConnections } from "../runtime/batch-driver/batch-connections.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Task } from "../runtime/task.ts";
import type { EncryptedTable } from "../runtime/vault/encrypted-table.ts";
import type { Vault } from "../runtime/vault/vault.ts";
import type { Difference } from "../values/difference.ts";

/** What every module is opened with. */
export interface Host {
  readonly db: Sql;
  /** For group commit alone; `lanes` batches may use it at once. */
  readonly batchDb: BatchConnections;
  readonly lanes: number;
  readonly log: Log;
  readonly vault: Vault;
  readonly metrics: Metrics;
  /** The checks of all modules. */
  readonly checks: readonly Check[];
}

/** A module. `Lower` are the services of the modules below it that it uses, by their names. */
export interface Module<Name extends string, Settings, Lower, Services> {
  readonly name: Name;
  /** @throws ConfigError with a sentence for each setting that cannot be used */
  readonly readSettings: (config: Config) => Settings;
  /** Columns with encrypted values: what `countinghouse keys` brings under a new data key. */
  readonly encrypted?: readonly EncryptedTable[];
  /** What `verify`, the page and the metric of integrity ask of it. */
  readonly checks?: readonly Check[];
  /** @throws ConfigError where a setting can only be judged by what the database holds */
  readonly open: (
    host: Host,
    settings: Settings,
    lower: Lower,
  ) => OpenedModule<Services> | Promise<OpenedModule<Services>>;
}

export interface OpenedModule<Services> {
  /** What higher modules use of it. */
  readonly services: Services;
  /** Below /api/v1, and without it. */
  readonly routes?: readonly Routes[];
  /** Outside of /api/v1. */
  readonly rootRoutes?: readonly Routes[];
  /** What it does by itself, over all processes once per period. */
  readonly tasks?: readonly Task[];
  readonly gauges?: readonly ModuleGauge[];
  /** What does not work though requests can be served, in words. */
  readonly listDegraded?: () => readonly string[];
  /** Asked by `/health/ready`: throws where nothing can be written. */
  readonly checkReady?: () => Promise<void>;
  /** Once all modules are open: begins what runs in every process. */
  readonly start?: () => void;
  /** Once the program listens, at the address that it has. */
  readonly onListening?: (url: string) => void;
  /** Ends what it began. Higher modules are closed by then. */
  readonly close?: () => Promise<void>;
}

/** A gauge of /metrics; NaN is shown where `read` fails. */
export interface ModuleGauge {
  readonly name: string;
  readonly help: string;
  /** One value, or with `label` one for each of the label's values. */
  readonly read: () => Promise<number | Readonly<Record<string, number>>> | number;
  readonly label?: string;
  /** How long a value is remembered, however often it is asked for; default five seconds. */
  readonly everyMs?: number;
}

/** One kind of what must agree. Kinds of the same name are told together. */
export interface Check {
  readonly kind: string;
  readonly run: (db: Sql, options: CheckOptions) => Promise<CheckResult>;
}

export interface CheckOptions {
  /** Everything, from the first transfer. */
  readonly full?: boolean | undefined;
  /** Nothing is noted of what was found in order. */
  readonly readOnly?: boolean | undefined;
  /** Stamp up to which an earlier check found all kinds in order. */
  readonly since: number;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface CheckResult {
  /** The first of each check, with the ids of what it is about; amounts are decimal strings. */
  readonly differences: readonly Difference[];
  /** Of the ledger's: what it read. */
  readonly reading?: BookReading;
}

export interface BookReading {
  readonly transferCount: number;
  /** Stamp; 0: from the first transfer. */
  readonly since: number;
  /** Stamp up to which everything was found in order. */
  readonly verifiedUntil: number | undefined;
}
