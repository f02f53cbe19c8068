// The real program on a test database and a free port, and a caller for it: what flow tests speak to.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../src/config/load-config.ts";
import { mintToken } from "../src/http/authenticate.ts";
import { startApp } from "../src/program/start-app.ts";
import { readTokenSettings } from "../src/program/token-settings.ts";
import { openDatabase, type Sql } from "../src/runtime/database.ts";
import { createLog } from "../src/runtime/log.ts";
import type { Role } from "../src/values/actor.ts";
import { asOwner, asServer, createTestDatabase, type TestDatabase } from "./database.ts";

export interface TestCall {
  readonly token?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestAnswer {
  readonly status: number;
  /** The parsed JSON, of any shape: the test asserts what came. The plain text where the answer is not JSON. */
  readonly body: ReturnType<typeof JSON.parse>;
  readonly headers: Headers;
}

export interface TestApp {
  readonly url: string;
  /** A connection of the test's own, as the owner of the tables. */
  readonly db: Sql;
  /** As the program uses it: of a role that owns nothing. For a second program on the same database: `startTestApp({ DB_URL: first.databaseUrl })`. */
  readonly databaseUrl: string;
  /** Mints a token; the subject is the role's name unless given. */
  readonly token: (role: Role, sub?: string) => Promise<string>;
  /** Calls `path` below the program's URL: "/api/v1/accounts". */
  readonly call: (method: string, path: string, request?: TestCall) => Promise<TestAnswer>;
  /** The same in one line, below /api/v1: "GET /users/me". Without a token or a body where they are undefined. */
  readonly send: (token: string | undefined, request: string, body?: unknown) => Promise<TestAnswer>;
  /** Stops the program, and drops the database where it was made here. */
  readonly stop: () => Promise<void>;
}

/** A test's requests all come from one address, as fast as they can, and its customers order more than people do. */
const NO_LIMITS = {
  ENABLE_FRAUD_CHECK: "false",
  RATE_LIMIT_LOGIN: "0",
  RATE_LIMIT_ANONYMOUS: "0",
  RATE_LIMIT_USER: "0",
  RATE_LIMIT_MONEY: "0",
  RATE_LIMIT_KEY: "0",
};
/** Fixed keys, so that two programs on one database understand each other's tokens and encrypted fields. */
const KEYS = {
  JWT_SECRET_KEY: "s".repeat(48),
  API_KEY_V1: "k".repeat(48),
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
};

/** Starts the whole program through `startApp`. `overrides` are environment variables; with DB_URL it joins that database. */
export async function startTestApp(overrides: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const dataDir = mkdtempSync(join(tmpdir(), "countinghouse-app-"));
  const database = await openTestDatabase(overrides["DB_URL"]);
  const fixed = { APP_ENV: "test", LOG_LEVEL: "silent", PORT: "0", DATA_DIR: dataDir, DB_POOL_SIZE: "4" };
  const environment = { ...fixed, ...NO_LIMITS, ...KEYS, DB_URL: database.url, ...overrides };
  const clean = async () => {
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const { config, app } = await openProgram(environment, dataDir).catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  return {
    url: app.url,
    db: database.db,
    databaseUrl: database.url,
    token: (role, sub = role) =>
      mintToken(readTokenSettings(config), { id: sub, name: sub, roles: [role] }, 3_600),
    call: (method, path, request) => call(`${app.url}${path}`, method, request),
    send: (token, request, body) => {
      const [method = "", path = ""] = request.split(" ");
      return call(`${app.url}/api/v1${path}`, method, { token, body });
    },
    stop: async () => {
      await app.stop();
      await clean();
    },
  };
}

async function openProgram(environment: Readonly<Record<string, string>>, dataDir: string) {
  const config = loadConfig({ environment, envFile: join(dataDir, "none") });
  return { config, app: await startApp(config, createLog(config.LOG_LEVEL)) };
}

async function openTestDatabase(url: string | undefined): Promise<TestDatabase> {
  if (url === undefined) {
    const { url: ownerUrl, ...database } = await createTestDatabase({ poolSize: 2 });
    return { ...database, url: asServer(ownerUrl) };
  }
  const db = openDatabase({ url: asOwner(url), poolSize: 2, statementTimeoutMs: 60_000 });
  return { url, db, drop: () => db.end({ timeout: 5 }) };
}

async function call(url: string, method: string, request: TestCall = {}): Promise<TestAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}
