// Opens banking: accounts and transactions of customers, and the source of exchange rates where one is configured.
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import type { Task } from "../../runtime/task.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Host, Module } from "../module.ts";
import type { RiskModule } from "../risk/open.ts";
import { BANKING_ENCRYPTED } from "./encrypted-tables.ts";
import { createHttpRateSource } from "./exchange/rate-source.ts";
import { updateExchangeRates } from "./exchange/update-exchange-rates.ts";
import { bankingRoutes } from "./routes.ts";
import { deriveRecordKey } from "./secure-records/record-secure-transaction.ts";
import { readStepUpLimits, type StepUpLimits } from "./transactions/large-payment.ts";
import { createMoneyGuard, type MoneyGuard } from "./transactions/money-guard.ts";
import { TRANSACTION_EXPORT } from "./transactions/transaction-export.ts";

export interface BankingSettings {
  readonly recordKey: string | Buffer | undefined;
  readonly stepUpLimits: StepUpLimits;
  readonly rates: { readonly url: string; readonly everySeconds: number } | undefined;
}

export interface BankingModule {
  /** For modules above banking that hold or take a person's money. */
  readonly moneyGuard: MoneyGuard;
}

interface Lower {
  readonly ledger: LedgerModule;
  readonly desk: CommandDesk;
  readonly risk: RiskModule;
}

export const banking: Module<"banking", BankingSettings, Lower, BankingModule> = {
  name: "banking",
  readSettings,
  encrypted: BANKING_ENCRYPTED,
  exports: [TRANSACTION_EXPORT],
  open: ({ db, vault }, settings, { ledger: { assets }, desk, risk }) => ({
    services: { moneyGuard: createMoneyGuard(risk.guard, settings.stepUpLimits) },
    routes: [bankingRoutes({ db, vault, assets, desk, risk: risk.guard, ...settings })],
    tasks: listRateTasks(settings, { db, assets }),
  }),
};

function readSettings(config: Config): BankingSettings {
  const stepUpLimits = readStepUpLimits(config.STEP_UP_LIMITS);
  if (typeof stepUpLimits === "string") throw new ConfigError([stepUpLimits]);
  const { EXCHANGE_RATE_URL: url, EXCHANGE_RATE_INTERVAL_SECONDS: everySeconds } = config;
  const rates = url === undefined ? undefined : { url, everySeconds };
  return { recordKey: deriveRecordKey(config), stepUpLimits, rates };
}

function listRateTasks({ rates }: BankingSettings, { db, assets }: Pick<Host, "db"> & LedgerModule): Task[] {
  if (rates === undefined) return [];
  const source = createHttpRateSource(rates.url);
  const run = (signal: AbortSignal) => updateExchangeRates({ db, assets, source }, signal);
  return [{ name: "fetch_exchange_rates", everySeconds: rates.everySeconds, run }];
}
