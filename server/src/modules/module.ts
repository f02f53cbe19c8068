// What a module is to the program, one shape for all: it reads its own settings, is opened by the list of modules with what
// the modules below it serve, and hands back its parts. Whoever needs one kind of part (routes, tasks, gauges, checks,
// encrypted tables, exports) walks the list; nobody keeps a list of their own.
import type { Config } from "../config/config.ts";
import type { Routes } from "../http/index.ts";
import type { Metrics } from "../http/operations/metrics.ts";
import type { BatchConnections } from "../runtime/batch-driver/batch-connections.ts";
import type { SetTimesBack } from "../runtime/clock-times-store.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Task } from "../runtime/task.ts";
import type { EncryptedTable } from "../runtime/vault/encrypted-table.ts";
import type { Vault } from "../runtime/vault/vault.ts";
import type { Difference } from "../values/difference.ts";
import type { Exported } from "../values/exported.ts";

/** What every module is opened with. */
export interface Host {
  readonly db: Sql;
  /** For group commit, of which `lanes` batches may use it at once, and for the sequencer of the trail. */
  readonly batchDb: BatchConnections;
  readonly lanes: number;
  readonly log: Log;
  readonly vault: Vault;
  readonly metrics: Metrics;
  /** The checks of all modules. */
  readonly checks: readonly Check[];
  /** Of all modules, lowest first. */
  readonly setTimesBack: readonly SetTimesBack[];
}

/** A module. `Lower` are the services of the modules below it that it uses, by their names. */
export interface Module<Name extends string, Settings, Lower, Services> {
  readonly name: Name;
  /** @throws ConfigError with a sentence for each setting that cannot be used */
  readonly readSettings: (config: Config) => Settings;
  /** Columns with encrypted values: what `countinghouse keys` brings under a new data key. */
  readonly encrypted?: readonly EncryptedTable[];
  /** What `countinghouse export` writes of it: a subcommand each. */
  readonly exports?: readonly DataExport[];
  /** What `verify`, the page and the metric of integrity ask of it. */
  readonly checks?: readonly Check[];
  /** Moves the times that it has reckoned from a clock that ran ahead, once that is set right. */
  readonly setTimesBack?: SetTimesBack;
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

// The shapes of exports have methods, which are checked loosely, so that a list may hold exports of unlike rows and options.
export type DataExport = RowExport<never, object> | LineExport<object>;

interface ExportCommand {
  /** Of the subcommand. */
  readonly name: string;
  /** One thing that it writes: "transaction". */
  readonly noun: string;
  readonly description: string;
  readonly options: readonly ExportOption[];
  /** Lines to copy, and what each does. */
  readonly examples: readonly (readonly [string, string])[];
}

export interface ExportOption {
  /** "--account <id>". */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly byDefault?: string | number;
  /** Undefined: cannot be read; `must` then says what it must be. */
  readonly read?: (text: string) => unknown;
  readonly must?: string;
}

/** Rows with columns, newest first, within a time. `Options` are what `options` reads, by their names. */
export interface RowExport<Row, Options> extends ExportCommand {
  /** What is exported where no subcommand is named. */
  readonly isDefault?: boolean;
  readonly columns: readonly (keyof Row & string)[];
  /** Those of them that somebody wrote freely. */
  readonly texts: readonly (keyof Row & string)[];
  /** When a row came about: the rows after it are older. */
  timeOf(row: Row): string;
  /** Writes page after page, at most `rowsMax` rows, and tells whether there were more. */
  writeRows(db: Sql, options: Options & ExportSpan, target: ExportTarget<Row>): Promise<Exported>;
}

/** Lines in a format of their own, oldest first. */
export interface LineExport<Options> extends ExportCommand {
  /** Writes at most `rowsMax` lines. `rest`: the options that export what is left. */
  writeLines(
    source: { readonly db: Sql; readonly vault: Vault },
    options: Options,
    target: ExportTarget<string>,
  ): Promise<{ rowCount: number; rest: string | undefined }>;
}

export interface ExportSpan {
  /** Stamps: the earliest, and up to which. */
  readonly from?: number;
  readonly to?: number;
}

export interface ExportTarget<Row> {
  readonly rowsMax: number;
  /** The next page is read when it is done. */
  readonly write: (page: readonly Row[]) => Promise<void>;
}
