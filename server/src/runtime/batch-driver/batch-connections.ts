// The desk's own connections. Statements executed in one turn of the event loop leave in one write with one Sync (exchange.ts),
// with binary arrays (binary-array.ts). `pg` does what every driver must do: connect, authenticate and parse messages; its own
// queries are not used. All other code uses postgres.js: decisions/0008 has the measurements.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import postgres from "postgres";
import { CONNECTION_SETTINGS, type DatabaseOptions } from "../connection-settings.ts";
import { type Connection, type Connections, connectionLost } from "../pool.ts";
import { createExchange, type PreparedStatements, type Waiting } from "./exchange.ts";
import { createTemplate, type ResultRows } from "./statement.ts";

/** Connections on which the statements of one turn form one transaction, unless they say otherwise. */
export interface BatchConnections extends Connections {
  readonly areOneTransaction: true;
  /** Waits for the statements under way, at most `timeout` seconds. */
  readonly end: (options: { timeout: number }) => Promise<void>;
}

interface Session {
  readonly client: pg.Client;
  readonly connection: Omit<Connection, "release">;
  readonly isLost: () => boolean;
  /** The connection is to be ended when it is free, and not used again. */
  isRetired: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;
const REPLACED_AFTER_MS = 1_000;
const POLL_MS = 20;

/** Connects when first used. If a connection is lost, the statements sent on it fail, and the next use opens a new one. */
export function openBatchConnections(options: DatabaseOptions): BatchConnections {
  const free: Session[] = [];
  const taken = new Set<Session>();
  const waiting: (() => void)[] = [];
  let opening = 0;
  let replacedAtMs = performance.now();
  let isEnded = false;

  async function take(): Promise<Session> {
    for (;;) {
      const session = free.pop();
      if (session?.isLost() === true) continue;
      if (session !== undefined) return keep(session);
      if (isEnded) throw connectionLost();
      if (taken.size + opening < options.poolSize) return open();
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  function keep(session: Session): Session {
    taken.add(session);
    return session;
  }

  async function open(): Promise<Session> {
    opening += 1;
    try {
      return keep(await openSession(options));
    } catch (error) {
      waiting.shift()?.();
      throw error;
    } finally {
      opening -= 1;
    }
  }

  function giveBack(session: Session): void {
    taken.delete(session);
    if (session.isRetired || isEnded) endQuietly(session);
    else if (!session.isLost()) free.push(session);
    waiting.shift()?.();
  }

  return {
    areOneTransaction: true,
    takeConnection: async () => {
      const session = await take();
      return { ...session.connection, release: () => giveBack(session) };
    },
    replaceConnections: () => {
      if (performance.now() - replacedAtMs < REPLACED_AFTER_MS) return;
      replacedAtMs = performance.now();
      for (const session of taken) session.isRetired = true;
      for (const session of free.splice(0)) endQuietly(session);
    },
    end: async ({ timeout }) => {
      isEnded = true;
      const deadline = performance.now() + timeout * 1_000;
      while (taken.size + opening > 0 && performance.now() < deadline) await sleep(POLL_MS);
      await Promise.all([...free.splice(0), ...taken].map(endQuietly));
    },
  };
}

async function endQuietly({ client }: Session): Promise<void> {
  await client.end().catch(() => undefined); // it may be lost already
}

async function openSession(options: DatabaseOptions): Promise<Session> {
  const client = await connect(options);
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined); // perhaps nobody is waiting
  let isLost = false;
  const lose = (error: Error = connectionLost()) => {
    isLost = true;
    reject("code" in error ? error : connectionLost());
  };
  client.on("error", lose);
  client.on("end", () => lose());
  return {
    client,
    connection: { sql: createSql(client, () => isLost) as unknown as Connection["sql"], lost },
    isLost: () => isLost,
    isRetired: false,
  };
}

/** Statements executed in one turn leave together, once the earlier ones are answered. */
function createSql(client: pg.Client, isLost: () => boolean) {
  const prepared: PreparedStatements = { byText: new Map(), count: 0 };
  let waiting: Waiting[] = [];
  let isBusy = false;
  const { connection: wire } = client as unknown as { connection: NodeJS.EventEmitter };
  wire.on("readyForQuery", () => {
    isBusy = false;
    if (waiting.length > 0) flush();
  });
  client.on("end", flush);

  function flush(): void {
    if (isBusy && !isLost()) return;
    const statements = waiting;
    waiting = [];
    if (isLost()) {
      for (const { reject } of statements) reject(connectionLost());
      return;
    }
    isBusy = true;
    client.query(createExchange(statements, prepared));
  }

  return createTemplate((statement) => {
    const { promise, resolve, reject } = Promise.withResolvers<ResultRows>();
    promise.catch(() => undefined); // the code that waits for the transaction gets the error
    if (waiting.length === 0) process.nextTick(flush);
    waiting.push({
      ...statement,
      resolve,
      reject: (error) => reject(toError(error)),
    });
    return promise;
  });
}

/** With postgres.js's names for the fields of PostgreSQL's errors. */
function toError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (!("code" in error)) return Object.assign(connectionLost(), { cause: error });
  const { constraint } = error as { constraint?: string };
  return constraint === undefined ? error : Object.assign(error, { constraint_name: constraint });
}

/** Tries one host after another; of several, takes the first one that accepts writes. */
async function connect(options: DatabaseOptions): Promise<pg.Client> {
  const parsed = parseUrl(options.url);
  let failure: unknown;
  for (const [index, host] of parsed.hosts.entries()) {
    const port = parsed.ports[index] ?? 5432;
    for (const ssl of parsed.ssl) {
      const client = createClient(parsed, { host, port, ssl });
      try {
        await client.connect();
        guardParser(client);
        if (parsed.hosts.length > 1) await expectPrimary(client);
        await applySettings(
          client,
          { ...CONNECTION_SETTINGS, ...options.settings, ...parsed.settings },
          options,
        );
        return client;
      } catch (error) {
        failure = error;
        client.end().catch(() => undefined);
      }
    }
  }
  throw toError(failure);
}

type Ssl = false | object;

interface ParsedUrl {
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Ways to connect, in order. */
  readonly ssl: readonly Ssl[];
  readonly settings: Readonly<Record<string, string>>;
}

/** Reads the address as postgres.js does, so that both reach the same server in the same way. */
function parseUrl(url: string): ParsedUrl {
  const folder = new URL(url.replace(/,[^/@]*(?=\/)/, "")).searchParams.get("host");
  const { options } = postgres(url.replace(/\?host=[^&]*&?/, "?").replace(/\?$/, ""));
  const { host, port, user, pass, database, ssl } = options;
  const { application_name: _name, ...settings } = options.connection as Record<string, string>;
  return {
    hosts: folder === null ? host : [folder],
    ports: port,
    user,
    password: String(pass ?? ""),
    database,
    ssl: chooseSsl(ssl),
    settings,
  };
}

function chooseSsl(ssl: unknown): readonly Ssl[] {
  const unchecked = { rejectUnauthorized: false };
  if (ssl === false || ssl === undefined || ssl === null) return [false];
  if (ssl === "prefer") return [unchecked, false];
  if (ssl === "require" || ssl === "allow") return [unchecked];
  return [typeof ssl === "object" ? ssl : {}];
}

function createClient(parsed: ParsedUrl, where: { host: string; port: number; ssl: Ssl }): pg.Client {
  const { user, password, database } = parsed;
  const client = new pg.Client({
    ...where,
    user,
    password,
    database,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on("error", () => undefined); // told to whoever waits; without a listener it would end the process
  guardParser(client);
  return client;
}

/** Bytes that are not a PostgreSQL message make the parser throw inside the socket's event, where nothing catches it. */
function guardParser(client: pg.Client): void {
  const { stream } = (
    client as unknown as { connection: { stream: NodeJS.EventEmitter & { destroy: (error: Error) => void } } }
  ).connection;
  const emit = stream.emit.bind(stream);
  stream.emit = (name, ...args) => {
    if (name !== "data") return emit(name, ...args);
    try {
      return emit(name, ...args);
    } catch (error) {
      stream.destroy(error as Error);
      return true;
    }
  };
}

async function expectPrimary(client: pg.Client): Promise<void> {
  const { rows } = await client.query("SELECT pg_is_in_recovery() AS standby");
  if (rows[0]?.standby === true)
    throw Object.assign(new Error("a standby takes no writes"), { code: "25006" });
}

async function applySettings(
  client: pg.Client,
  settings: Readonly<Record<string, string>>,
  { applicationName = "countinghouse", statementTimeoutMs }: DatabaseOptions,
): Promise<void> {
  const all = {
    application_name: applicationName,
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(statementTimeoutMs),
    ...settings,
  };
  const names = Object.keys(all);
  const calls = names.map((_, index) => `set_config($${index * 2 + 1}, $${index * 2 + 2}, false)`);
  await client.query(`SELECT ${calls.join(", ")}`, Object.entries(all).flat());
}
