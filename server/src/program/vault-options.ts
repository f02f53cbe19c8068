// Where the keys of encrypted fields come from, according to the configuration: for the program and every subcommand.
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { VaultOptions } from "../runtime/vault/vault.ts";

export function readVaultOptions(config: Config): VaultOptions {
  const { ENCRYPTION_KEY: encryptionKey, ENCRYPTION_KEY_PREVIOUS: previousKey } = config;
  return { encryptionKey, previousKey, dataDir: resolve(config.DATA_DIR) };
}
