// `countinghouse secure-transaction`: posts a deposit with a signed and encrypted record, as the route with that name does.

import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { deriveRecordKey, processSecureTransaction } from "../modules/banking/index.ts";
import { openCommandDesk } from "../modules/desk/index.ts";
import { loadAssets } from "../modules/ledger/index.ts";
import { openRiskGuard, readRules } from "../modules/risk/index.ts";
import { readVaultOptions } from "../program/vault-options.ts";
import { openBatchConnections } from "../runtime/batch-driver/batch-connections.ts";
import { openVault } from "../runtime/vault/vault.ts";
import { AppError } from "../values/app-error.ts";
import { CommandError } from "./command-error.ts";
import { addExamples } from "./examples.ts";
import { withMigratedDatabase } from "./with-database.ts";

export function addSecureTransactionCommand(program: Command): void {
  const command = program
    .command("secure-transaction <user> <amount>")
    .description("deposit with a signed and encrypted record; prints its tx_id")
    .option("--currency <code>", "may be left out where the user has one account")
    .action(async (user: string, amount: string, { currency }: { currency?: string }) => {
      const answer = await post(user, currency === undefined ? amount : { amount, currency });
      console.log(JSON.stringify(answer));
    });
  addExamples(command, [
    [
      "API_KEY_V1=... countinghouse secure-transaction ada 10.50 --currency EUR",
      '{"status":"success","tx_id":"..."}',
    ],
  ]);
}

async function post(user: string, amount: string | { amount: string; currency: string }) {
  const config = loadConfig();
  if (config.API_KEY_V1 === undefined)
    throw new CommandError("API_KEY_V1 is not set; it signs the records and has no default");
  const rules = readRules(config.RISK_RULES);
  if (typeof rules === "string") throw new CommandError(rules);
  return withMigratedDatabase(config, async (db, url) => {
    const assets = await loadAssets(db);
    const vault = await openVault(db, readVaultOptions(config));
    const batchDb = openBatchConnections({ url, poolSize: 1, statementTimeoutMs: 0 });
    const desk = openCommandDesk({ db, batchDb, assets, batchItemsMax: 10, queueItemsMax: 10 });
    try {
      return await processSecureTransaction(
        { db, desk, assets, risk: openRiskGuard(rules), vault, recordKey: deriveRecordKey(config) },
        user,
        amount,
      );
    } catch (error) {
      throw error instanceof AppError ? new CommandError(error.message) : error;
    } finally {
      await desk.close();
      await batchDb.end({ timeout: 5 });
    }
  });
}
