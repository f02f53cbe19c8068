// What the commands do where nobody reads what they write, and at a terminal.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDesk, type TestDesk } from "../../tests/desk.ts";
import { createProgram } from "./run-cli.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "countinghouse.mjs");

let folder: string;
let ground: TestDesk;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-pipes-"));
  ground = await openTestDesk();
  await ground.openAccount({ owner: "alice", balance: 10_000n });
});
afterAll(async () => {
  await ground.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a line of the shell in which $CH is the program, and returns what the shell wrote. */
async function shell(line: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    CH: `${process.execPath} ${PROGRAM}`,
    DB_URL: ground.databaseUrl,
    COUNTINGHOUSE_URL: "http://127.0.0.1:1",
    ...settings,
  };
  const { stdout } = await promisify(execFile)("bash", ["-c", line], { cwd: folder, env });
  return stdout;
}

/** What comes after a command's name, where it needs something. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  "admin create": "--username u$RANDOM --email u$RANDOM@example.com",
  "keys rotate": "--help",
  "receipt write": "1",
  "receipt verify": "none.json",
  reconcile: "--help",
  "secure-transaction": "--help",
  "supplier availability": "X",
  "supplier order": "--help",
  bench: "--help",
};

function listCommands(command: Command, path = ""): string[] {
  return command.commands.flatMap((child) => {
    const name = `${path} ${child.name()}`.trim();
    return child.commands.length === 0 ? [name] : listCommands(child, name);
  });
}

it("F6-32 every command ends quietly where its output goes to a reader that has seen enough", async () => {
  const names = listCommands(await createProgram()).filter((name) => name !== "serve");
  const lines = [
    ...names.map((name) => `${name} ${ARGUMENTS[name] ?? ""}`),
    "--help",
    "--version",
    "nothing-like-it",
  ];
  for (const line of lines) {
    const errors = join(folder, "errors.txt");
    expect(await shell(`$CH ${line} 2>${errors} | true; echo \${PIPESTATUS[0]}`), line).toMatch(/^[0-2]\n$/);
    expect(readFileSync(errors, "utf8"), line).not.toMatch(/EPIPE|\n\s+at |Error/);
  }
  // What was found does not depend on who listens, nor where the errors go.
  expect(await shell(`$CH verify 2>&1 | true; echo \${PIPESTATUS[0]}`)).toBe("0\n");
  expect(await shell(`$CH nothing-like-it 2>&1 | true; echo \${PIPESTATUS[0]}`)).toBe("2\n");
});

it("F6-32 an export ends with its reader, though there is more, and stops the PostgreSQL that it started", async () => {
  const place = mkdtempSync(join(folder, "own-"));
  const own = { DB_URL: "", DATA_DIR: place };
  await shell("$CH migrate", own);
  expect(await shell(`$CH export transactions 2>&1 | true; echo \${PIPESTATUS[0]}`, own)).toBe("0\n");
  expect(await shell(`ls ${place}/postgres`, own)).not.toContain("postmaster.pid");
});

it("F6-32 at a terminal a start is told in lines that a person reads, else as JSON", async () => {
  // `script` gives its command a terminal; the server is ended once it has answered.
  const url = join(folder, "tty", "serve.url");
  const start = `DATA_DIR=${folder}/tty PORT=0 LOG_LEVEL=INFO $CH serve &
    until [ -e ${url} ] || ! kill -0 $!; do sleep 0.05; done
    curl -s -o /dev/null "$(cat ${url})/api/v1/orders"; kill $!; wait $!`;
  writeFileSync(join(folder, "start.sh"), start);
  const seen = await shell("script -qec 'bash start.sh' /dev/null", { DB_URL: "", TERM: "dumb" });
  expect(seen).toMatch(
    /^\d\d:\d\d:\d\d INFO {2}GET \/api\/v1\/orders 401 unauthenticated \d+ ms \([\w-]+\)\r$/m,
  );
  expect(seen).not.toContain('{"log.level"');
  const piped = await shell("bash start.sh 2>&1", { DB_URL: "" });
  const lines = piped.split("\n").filter((line) => line.startsWith("{"));
  expect(lines.map((line) => JSON.parse(line)["message"])).toContain("stopping");
  expect(piped).not.toContain("/api/v1/orders");
});
