// `countinghouse admin create`: creates an administrator. In production this is the only way to create the first one.

import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import { readVaultOptions } from "../../program/vault-options.ts";
import { createLog } from "../../runtime/log.ts";
import { openVault } from "../../runtime/vault/vault.ts";
import { SYSTEM_ACTOR } from "../../values/actor.ts";
import { addExamples } from "../examples.ts";
import { withMigratedDatabase } from "../with-database.ts";

interface AdminOptions {
  readonly username: string;
  readonly email: string;
  readonly passwordStdin?: true;
}

export function addAdminCommand(program: Command): void {
  const admin = program.command("admin").description("look after administrators");
  const command = admin
    .command("create")
    .description("create an administrator; without --password-stdin a password is made and printed once")
    .requiredOption("--username <name>", "to sign in with")
    .requiredOption("--email <address>", "to sign in with, and for links to set a new password")
    .option("--password-stdin", "read the password from standard input")
    .action(async (options: AdminOptions) => {
      const made = await createAdmin(options);
      if (program.opts()["json"] === true) console.log(JSON.stringify(made));
      else console.log(describe(made));
    });
  addExamples(command, [
    ["countinghouse admin create --username ada --email ada@example.com", "prints a password"],
  ]);
}

async function createAdmin({ username, email, passwordStdin }: AdminOptions) {
  // Loaded only here: every other subcommand starts faster without them.
  const { addUser, openIdentity } = await import("../../modules/identity/index.ts");
  const { readIdentitySettings } = await import("../../modules/identity/open.ts");
  const config = loadConfig();
  const given = passwordStdin === true ? await readPassword() : undefined;
  const password = given ?? randomBytes(18).toString("base64url");
  const user = await withMigratedDatabase(config, async (db) => {
    const vault = await openVault(db, readVaultOptions(config));
    const log = createLog("warn");
    const identity = await openIdentity({ db, log, vault, settings: readIdentitySettings(config) });
    const origin = { requestId: "countinghouse admin create" };
    const input = { username, email, fullName: null, roles: ["admin"] as const, password };
    return addUser(identity, input, { actor: SYSTEM_ACTOR, origin }).finally(() => identity.close());
  });
  return { id: user.id, username: user.username, ...(given === undefined ? { password } : {}) };
}

async function readPassword(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, "");
}

function describe({ username, password }: { username: string; password?: string }): string {
  const made = `Created the administrator ${username}.`;
  return password === undefined
    ? made
    : `${made}\nPassword, shown this once: ${password}\nSign in with POST /api/v1/auth/login.`;
}
