// The modules of the program, lowest first. Each is opened with the services of those before it; to add one, add
// its folder, its settings and one line here (and its name in modules.ts).
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/env-file.ts";
import { audit } from "../modules/audit/open.ts";
import { banking } from "../modules/banking/open.ts";
import { carts } from "../modules/carts/open.ts";
import { catalog } from "../modules/catalog/open.ts";
import { desk } from "../modules/desk/open.ts";
import { identity } from "../modules/identity/open.ts";
import { inventory } from "../modules/inventory/open.ts";
import { jobs } from "../modules/jobs/open.ts";
import { ledger } from "../modules/ledger/open.ts";
import type { Check, DataExport, Host, Module, OpenedModule } from "../modules/module.ts";
import { orders } from "../modules/orders/open.ts";
import { payments } from "../modules/payments/open.ts";
import { promotions } from "../modules/promotions/open.ts";
import { reports } from "../modules/reports/open.ts";
import { risk } from "../modules/risk/open.ts";
import { trading } from "../modules/trading/open.ts";
import type { SetTimesBack } from "../runtime/clock-times-store.ts";
import type { EncryptedTable } from "../runtime/vault/encrypted-table.ts";

const LIST = begin()
  .with(jobs)
  .with(audit)
  .with(identity)
  .with(ledger)
  .with(desk)
  .with(risk)
  .with(banking)
  .with(catalog)
  .with(inventory)
  .with(payments)
  .with(promotions)
  .with(orders)
  .with(carts)
  .with(trading)
  .with(reports);

type AnyModule = Module<string, unknown, never, unknown>;

/** A list whose type knows the services so far: a module that needs a service that is not below it does not compile. */
interface ModuleList<Have extends object> {
  readonly modules: readonly AnyModule[];
  readonly with: <Name extends string, Settings, Services>(
    next: Module<Name, Settings, Have, Services>,
  ) => ModuleList<Have & Record<Name, Services>>;
}

function begin<Have extends object>(modules: readonly AnyModule[] = []): ModuleList<Have> {
  return { modules, with: (next) => begin([...modules, next as unknown as AnyModule]) };
}

/** The services of all modules together, by their names. */
export type Services = typeof LIST extends ModuleList<infer Have> ? Have : never;

/** Each module's settings, by its name. */
export type Settings = ReadonlyMap<string, unknown>;

/** @throws ConfigError naming everything that is wrong */
export function readSettings(config: Config): Settings {
  const { settings, problems } = tryToReadSettings(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

/** A sentence for each setting that its module cannot use. */
export function findSettingProblems(config: Config): readonly string[] {
  return tryToReadSettings(config).problems;
}

function tryToReadSettings(config: Config): { settings: Settings; problems: readonly string[] } {
  const settings = new Map<string, unknown>();
  const problems: string[] = [];
  for (const { name, readSettings: read } of LIST.modules) {
    try {
      settings.set(name, read(config));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  return { settings, problems };
}

/** The checks of all modules, lowest first. */
export function listChecks(): readonly Check[] {
  return LIST.modules.flatMap(({ checks = [] }) => checks);
}

/** What each module does where the clock is set back, lowest first. */
export function listSetTimesBack(): readonly SetTimesBack[] {
  return LIST.modules.flatMap(({ setTimesBack = [] }) => setTimesBack);
}

/** The exports of `countinghouse export`. */
export function listExports(): readonly DataExport[] {
  return LIST.modules.flatMap(({ exports = [] }) => exports);
}

/** Every table with encrypted values. */
export function listEncrypted(): readonly EncryptedTable[] {
  return LIST.modules.flatMap(({ encrypted = [] }) => encrypted);
}

export interface OpenedModules {
  readonly services: Services;
  /** Lowest first. */
  readonly opened: readonly OpenedModule<unknown>[];
  /** Highest first. */
  readonly close: () => Promise<void>;
}

/** Opens all, lowest first; if one fails, those before it are closed again. */
export async function openModules(host: Host, settings: Settings): Promise<OpenedModules> {
  const opened: OpenedModule<unknown>[] = [];
  const lower = new Map<string, unknown>();
  const close = async () => {
    for (const module of opened.toReversed()) await module.close?.();
  };
  try {
    for (const { name, open } of LIST.modules) {
      const module = await open(host, settings.get(name), Object.fromEntries(lower) as never);
      opened.push(module);
      lower.set(name, module.services);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { services: Object.fromEntries(lower) as Services, opened, close };
}
