// A pool that survives the loss of its connections. postgres.js 3.4 does not: a statement sent on a connection that was just lost
// ends the process (its issues 1154 and 1208: a TypeError out of a timer), a statement waiting in its pipeline is never answered,
// and unsent data goes out before the next login on the same slot, which then hangs. So once a client has lost one of its
// connections, nothing more is sent on it, and the next statement gets a new client.
import type { ISql, Sql as PostgresSql, ReservedSql, TransactionSql } from "postgres";

/** `bigint` columns arrive as JavaScript bigint. */
export interface SqlTypes extends Record<string, unknown> {
  bigint: bigint;
}

/** One connection, taken out of the pool for one transaction. */
export interface Connection {
  readonly sql: TransactionSql<SqlTypes>;
  /** Rejects when the connection is lost. Statements sent before may then never be answered: wait for both. */
  readonly lost: Promise<never>;
  readonly release: () => void;
}

/** A pool or a transaction's connection, for statements that can run on either. */
export type AnySql = ISql<SqlTypes>;

/** Where transactions get their connections. */
export interface Connections {
  /** Waits for a free connection. Only `transaction.ts` uses it. */
  readonly takeConnection: () => Promise<Connection>;
  /** Statements under way continue; later ones get a new session. At most once a second. */
  readonly replaceConnections: () => void;
}

/** Connections of their own for reads by key (connection-settings.ts), opened when first used. */
export interface KeyedConnections extends Connections {
  readonly end: (options: { timeout: number }) => Promise<void>;
}

export interface Sql extends PostgresSql<SqlTypes>, Connections {
  readonly keyed: Connections;
}

interface Client {
  readonly sql: PostgresSql<SqlTypes>;
  readonly openedAtMs: number;
  isLost: boolean;
  /** The holders of connections, who must be told when theirs is lost. */
  readonly onLost: Set<(error: Error) => void>;
}

/** A read-only server stays so for a while: not every failed write should open a new session. */
const REPLACED_AFTER_MS = 1_000;
const REPLACED_WITHIN_SECONDS = 60;
const KEYED_END_SECONDS = 60;

/** @param connect makes a client that reports the end of each of its connections */
export function openPool(
  connect: (onClose: () => void) => PostgresSql<SqlTypes>,
  keyed: KeyedConnections,
): Sql {
  let current: Client | undefined;
  let ended = false;

  function openClient(): Client {
    const client: Client = {
      sql: connect(() => loseClient(client)),
      openedAtMs: performance.now(),
      isLost: false,
      onLost: new Set(),
    };
    return client;
  }

  function loseClient(client: Client): void {
    if (client.isLost || ended) return;
    client.isLost = true;
    if (current === client) current = undefined;
    for (const tell of client.onLost) tell(connectionLost());
    // At once: a client without any connection left would otherwise forget the callers that wait for one.
    client.sql.end({ timeout: 0 }).catch(() => undefined);
  }

  function replaceConnections(): void {
    const old = current;
    if (old === undefined || ended || performance.now() - old.openedAtMs < REPLACED_AFTER_MS) return;
    current = undefined;
    old.sql.end({ timeout: REPLACED_WITHIN_SECONDS }).catch(() => undefined);
  }

  function client(): Client {
    current ??= openClient();
    return current;
  }

  async function end(options?: { timeout?: number }): Promise<void> {
    ended = true;
    await Promise.all([
      keyed.end({ timeout: options?.timeout ?? KEYED_END_SECONDS }),
      client().sql.end(options),
    ]);
  }

  const own = new Map<string | symbol, unknown>([
    ["takeConnection", () => takeConnection(client())],
    ["replaceConnections", replaceConnections],
    ["keyed", keyed],
    ["end", end],
  ]);
  // The target is a function so that the proxy can be called; every call goes to the present client.
  return new Proxy(() => undefined, {
    apply: (_target, _this, args) => Reflect.apply(client().sql, undefined, args),
    get: (_target, name) => own.get(name) ?? Reflect.get(client().sql, name),
  }) as unknown as Sql;
}

async function takeConnection(client: Client): Promise<Connection> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined); // perhaps nobody is waiting
  client.onLost.add(reject);
  try {
    // A caller waiting for a connection is never served if the client is lost meanwhile.
    const reserved = await Promise.race([client.sql.reserve(), lost]);
    const release = () => {
      client.onLost.delete(reject);
      if (!client.isLost) reserved.release();
    };
    return { sql: guard(client, reserved), lost, release };
  } catch (error) {
    client.onLost.delete(reject);
    throw error;
  }
}

/** Sends nothing on a lost client: statements are refused, like those that were under way. */
function guard(client: Client, reserved: ReservedSql<SqlTypes>): TransactionSql<SqlTypes> {
  return new Proxy(reserved, {
    apply: (target, _this, args) =>
      client.isLost && isStatement(args[0]) ? refusedStatement() : Reflect.apply(target, undefined, args),
    get: (target, name) =>
      client.isLost && name === "unsafe" ? refusedStatement : Reflect.get(target, name),
  }) as unknown as TransactionSql<SqlTypes>;
}

/**
 * Whether nobody handles this failure: postgres.js asks for the array types on each new connection and drops the promise, which
 * rejects if the connection is lost meanwhile. Its next connection asks again.
 */
export function isLostTypeQuery(error: unknown): boolean {
  const { query } = (error ?? {}) as { query?: unknown };
  return typeof query === "string" && query.includes("typarray");
}

/** Whether it is sql`...`, not sql(value), which only makes a part of a statement. */
function isStatement(first: unknown): boolean {
  return Array.isArray(first) && "raw" in first;
}

function refusedStatement(): Promise<never> & { execute: () => Promise<never> } {
  const refused = Promise.reject(connectionLost());
  refused.catch(() => undefined); // nobody awaits a part of a statement, only the whole
  return Object.assign(refused, { execute: () => refused });
}

export function connectionLost(): Error {
  return Object.assign(new Error("the connection to the database was lost"), { code: "CONNECTION_CLOSED" });
}
