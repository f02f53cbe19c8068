// Everything a run needs, set up once: the embedded PostgreSQL, the server on it, the load generator with its accounts,
// and the reference databases beside the server's own.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase, type Sql } from "../server/src/runtime/database.ts";
import { type ServerLog, startEmbeddedPostgres } from "../server/src/runtime/embedded-postgres/index.ts";
import { type LoadGenerator, startLoadGenerator } from "./load/load-generator.ts";
import type { LoadAccounts } from "./load/traffic.ts";
import type { BenchOptions } from "./options.ts";
import { type MemoryWatch, watchMemory } from "./rows/memory.ts";
import { type ServerOptions, type ServerProcess, startServer } from "./server-process.ts";
import { setUpAccounts } from "./setup-accounts.ts";

const TMPFS = 0x0102_1994;

export interface Workbench {
  readonly sql: Sql;
  readonly server: ServerProcess;
  readonly serverOptions: ServerOptions;
  readonly load: LoadGenerator;
  readonly memory: MemoryWatch;
  readonly accounts: LoadAccounts;
  /** Creates a database beside the server's own and returns its URL. */
  readonly createDatabase: (name: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Opens all of it, or closes what was opened and throws. */
export async function openWorkbench(options: Pick<BenchOptions, "accounts" | "dbUrl">): Promise<Workbench> {
  const opened = new AsyncDisposableStack();
  try {
    const parts = await openParts(opened, options);
    return { ...parts, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openParts(
  opened: AsyncDisposableStack,
  { accounts: accountCount, dbUrl }: Pick<BenchOptions, "accounts" | "dbUrl">,
): Promise<Omit<Workbench, "close">> {
  const dataDir = await makeDataFolder();
  opened.defer(() => removeDataFolder(dataDir));
  const url = dbUrl ?? (await openPostgres(opened, dataDir));
  const serverOptions = { dataDir, jwtSecret: randomBytes(32).toString("hex"), databaseUrl: url };
  const server = await startServer(serverOptions);
  opened.defer(server.stop);
  const memory = watchMemory(server.pid);
  opened.defer(() => void memory.stop());
  const load = startLoadGenerator();
  opened.defer(load.stop);
  const sql = openDatabase({ url, poolSize: 2, statementTimeoutMs: 600_000, applicationName: "bench" });
  opened.defer(() => sql.end({ timeout: 5 }));
  const api = { port: server.port, jwtSecret: serverOptions.jwtSecret };
  const accounts = await setUpAccounts(api, accountCount);
  load.useAccounts(accounts);
  await sql`VACUUM ANALYZE`;
  await sql`CHECKPOINT`;
  const createDatabase = (name: string) => createDatabaseBeside(sql, url, name);
  return { sql, server, serverOptions, load, memory, accounts, createDatabase };
}

/** Answers the URL that the server itself would choose: a socket where there can be one. */
export async function openPostgres(opened: AsyncDisposableStack, dataDir: string): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: createQuietLog() });
  opened.defer(() => postgres.stop());
  return postgres.socketUrl ?? postgres.url;
}

/** Not in memory: there a commit would cost nothing, and every figure would be about another kind of machine. */
export async function makeDataFolder(): Promise<string> {
  const inMemory = (await statfs(tmpdir())).type === TMPFS;
  return mkdtemp(
    join(inMemory ? join(import.meta.dirname, "..", "node_modules") : tmpdir(), "countinghouse-bench-"),
  );
}

export async function removeDataFolder(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
}

async function createDatabaseBeside(sql: Sql, url: string, name: string): Promise<string> {
  await sql`CREATE DATABASE ${sql(name)}`;
  const beside = new URL(url);
  beside.pathname = `/${name}`;
  return beside.href;
}

/** Only what goes wrong, and on stderr: stdout carries the result. */
function createQuietLog(): ServerLog {
  const print = (_fields: object, message: string) => console.error(`postgres: ${message}`);
  return { debug: () => undefined, info: () => undefined, warn: print, error: print };
}
