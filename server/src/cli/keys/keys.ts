// `countinghouse keys`: rotates the keys that encrypt personal fields. Every step may be stopped and run again.

import type { Command } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import { readVaultOptions } from "../../program/vault-options.ts";
import type { Sql } from "../../runtime/database.ts";
import { findPendingMigrations } from "../../runtime/migrations/migrate.ts";
import { type Reencryption, reencryptTable } from "../../runtime/vault/encrypted-table.ts";
import { addDataKey, rewrapDataKeys } from "../../runtime/vault/rotate-data-keys.ts";
import { openVault, VaultError, type VaultOptions } from "../../runtime/vault/vault.ts";
import { addExamples } from "../examples.ts";
import { withDatabase } from "../with-database.ts";

export interface KeyRotation {
  /** The number of data keys that were not wrapped by ENCRYPTION_KEY before. */
  readonly rewrappedCount: number;
  /** The new data key, where one was requested. */
  readonly dataKeyId?: number;
  readonly tables?: readonly Reencryption[];
}

export function addKeysCommand(program: Command): void {
  const keys = program.command("keys").description("rotate the keys that encrypt personal fields");
  const print = (rotation: Partial<KeyRotation>) =>
    console.log(program.opts()["json"] === true ? toJson(rotation) : describe(rotation));
  const rotate = keys
    .command("rotate")
    .description("wrap the data keys by ENCRYPTION_KEY, the old one given as ENCRYPTION_KEY_PREVIOUS")
    .option("--data", "also make a new data key and re-encrypt everything with it")
    .action(async (options: { data?: true }) =>
      print(
        await withVaultOptions((db, vault) => rotateKeys(db, vault, { withData: options.data === true })),
      ),
    );
  addExamples(rotate, [
    [
      "ENCRYPTION_KEY=$NEW ENCRYPTION_KEY_PREVIOUS=$OLD countinghouse keys rotate",
      "the key changes, no value does",
    ],
    ["countinghouse keys rotate --data", "a new data key, and everything anew under it"],
  ]);
  const again = keys
    .command("reencrypt")
    .description(
      "bring what was written since, or left by a rotation that was stopped, under the newest data key",
    )
    .action(async () => print({ tables: await withVaultOptions(reencrypt) }));
  addExamples(again, [["countinghouse keys reencrypt", "after the other processes were started again"]]);
}

/**
 * Wraps all data keys by the current key; with `withData` also makes a new data key and re-encrypts every value.
 * Running processes continue: they load the new data key when they read the first value under it, or at a restart.
 * @throws VaultError where the given keys are not those of this database
 */
export async function rotateKeys(
  db: Sql,
  options: VaultOptions,
  { withData }: { readonly withData: boolean },
): Promise<KeyRotation> {
  await openVault(db, options); // creates the first data keys of a new database, and stops a rotation with a wrong key
  const rewrappedCount = await rewrapDataKeys(db, options);
  if (!withData) return { rewrappedCount };
  const dataKeyId = await addDataKey(db, options);
  return { rewrappedCount, dataKeyId, tables: await reencrypt(db, options) };
}

async function reencrypt(db: Sql, options: VaultOptions): Promise<Reencryption[]> {
  const vault = await openVault(db, options);
  const { listEncrypted } = await import("../../program/module-list.ts"); // large: loaded only when needed
  const tables: Reencryption[] = [];
  for (const table of listEncrypted()) tables.push(await reencryptTable(db, vault, table));
  return tables;
}

function withVaultOptions<T>(work: (db: Sql, options: VaultOptions) => Promise<T>): Promise<T> {
  const config = loadConfig();
  return withDatabase(config, async (db) => {
    const pending = await findPendingMigrations(db);
    if (pending.length > 0)
      throw new VaultError("The database is not up to date; run: countinghouse migrate");
    return work(db, readVaultOptions(config));
  });
}

function toJson({ rewrappedCount, dataKeyId, tables }: Partial<KeyRotation>): string {
  return JSON.stringify({
    rewrapped: rewrappedCount,
    data_key_id: dataKeyId,
    tables: tables?.map(({ table, rowCount, changedCount }) => ({
      table,
      total: rowCount,
      changed: changedCount,
    })),
  });
}

function describe({ rewrappedCount, dataKeyId, tables = [] }: Partial<KeyRotation>): string {
  const lines: string[] = [];
  if (rewrappedCount === 0) lines.push("All data keys are wrapped by the current key already.");
  if (rewrappedCount)
    lines.push(`Wrapped ${rewrappedCount} data keys anew; ENCRYPTION_KEY_PREVIOUS is no longer needed.`);
  if (dataKeyId !== undefined) lines.push(`Made data key ${dataKeyId}.`);
  for (const { table, rowCount, changedCount } of tables)
    lines.push(`Re-encrypted ${changedCount} of ${rowCount} rows of ${table}.`);
  if (dataKeyId !== undefined) {
    lines.push(
      "Start the other processes again, then run: countinghouse keys reencrypt (for what they wrote meanwhile).",
    );
  }
  return lines.join("\n");
}
