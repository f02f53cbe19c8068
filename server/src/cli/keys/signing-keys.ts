// `countinghouse signing-keys`: shows and rotates the keys that sign access tokens, for use when no administrator can sign in.

import { type Command, Option } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import type { RotationMode } from "../../modules/identity/index.ts";
import { readVaultOptions } from "../../program/vault-options.ts";
import { openVault } from "../../runtime/vault/vault.ts";
import { SYSTEM_ACTOR } from "../../values/actor.ts";
import { addExamples } from "../examples.ts";
import { withMigratedDatabase } from "../with-database.ts";

interface RotateOptions {
  readonly reason: string;
  readonly mode: RotationMode;
}

export function addSigningKeysCommand(program: Command): void {
  const keys = program.command("signing-keys").description("look after the keys that sign access tokens");
  const isJson = () => program.opts()["json"] === true;
  keys
    .command("list")
    .description("the keys that still verify, oldest first, and which of them signs")
    .action(async () => {
      const { listSigningKeys, describeSigningKey } = await import("../../modules/identity/index.ts");
      const found = await withMigratedDatabase(loadConfig(), (db) => listSigningKeys({ db, now: Date.now }));
      const shown = found.map(({ use, ...key }) => ({ ...describeSigningKey(key), use }));
      if (isJson()) console.log(JSON.stringify({ signing_keys: shown }));
      else for (const key of shown) console.log(describe(key));
    });
  const rotate = keys
    .command("rotate")
    .description("make the next key; every process uses it without being started again")
    .requiredOption("--reason <text>", "kept on the audit trail")
    .addOption(
      new Option("--mode <mode>", "when it signs, and whether what older keys signed stays good")
        .choices(["planned", "immediate", "compromised"])
        .default("planned"),
    )
    .action(async (options: RotateOptions) => {
      const { describeSigningKey } = await import("../../modules/identity/index.ts");
      const key = describeSigningKey(await rotateKeys(options));
      console.log(
        isJson() ? JSON.stringify(key) : `Made signing key ${key.kid}; it signs from ${key.signs_from}.`,
      );
    });
  addExamples(rotate, [
    [
      'countinghouse signing-keys rotate --reason "Quarterly rotation"',
      "signs in ten minutes; nobody notices",
    ],
    [
      'countinghouse signing-keys rotate --mode compromised --reason "Backup was stolen"',
      "every access token is void now; sessions get new ones by refreshing",
    ],
  ]);
}

async function rotateKeys({ reason, mode }: RotateOptions) {
  // Loaded only here: every other subcommand starts faster without them.
  const { rotateSigningKeys } = await import("../../modules/identity/index.ts");
  const { readIdentitySettings } = await import("../../modules/identity/open.ts");
  const config = loadConfig();
  return withMigratedDatabase(config, async (db) => {
    const vault = await openVault(db, readVaultOptions(config));
    const options = { db, vault, settings: readIdentitySettings(config), now: Date.now };
    const origin = { requestId: "countinghouse signing-keys rotate" };
    return rotateSigningKeys(options, { mode, reason }, { actor: SYSTEM_ACTOR, origin });
  });
}

interface ShownKey {
  readonly kid: string;
  readonly use: "published" | "signs" | "verifies";
  readonly signs_from: string;
  readonly verifies_until: string | null;
}

function describe({ kid, use, signs_from, verifies_until }: ShownKey): string {
  const until = verifies_until === null ? "" : `, verifies until ${verifies_until}`;
  return use === "published" ? `${kid}  signs from ${signs_from}` : `${kid}  ${use}${until}`;
}
