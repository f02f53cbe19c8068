// A pool that survives the loss of its connections. postgres.js 3.4 does not: a statement sent on a connection that was
// lost meanwhile ends the process (its issues 1154 and 1208: a TypeError out of a timer), one waiting in its pipeline is
// never answered, and what was still to be written is sent ahead of the next login on the same slot, which then hangs.
// So nothing is sent on a client after the first of its connections was lost, and the next statement gets a new client.
import type { ISql, Sql as PostgresSql, ReservedSql, TransactionSql } from "postgres";

/** `bigint` columns arrive as JavaScript bigint. */
export interface SqlTypes extends Record<string, unknown> {
  bigint: bigint;
}

/** One connection, taken out of the pool for one transaction. */
export interface Connection {
  readonly sql: TransactionSql<SqlTypes>;
  /** Rejects when the connection is lost. What was sent before may then never be answered: wait for both. */
  readonly lost: Promise<never>;
  readonly release: () => void;
}

/** A pool or a transaction's connection: for statements that serve both. */
export type AnySql = ISql<SqlTypes>;

/** Where transactions get their connections. */
export interface Connections {
  /** Waits for a free connection. Only `transaction.ts` takes any. */
  readonly takeConnection: () => Promise<Connection>;
  /** What is under way goes on; whatever comes next gets a new session. At most once a second. */
  readonly replaceConnections: () => void;
}

export interface Sql extends PostgresSql<SqlTypes>, Connections {}

interface Client {
  readonly sql: PostgresSql<SqlTypes>;
  readonly openedAtMs: number;
  isLost: boolean;
  /** Those who have a connection, to be told of its loss. */
  readonly onLost: Set<(error: Error) => void>;
}

/** A server that is read-only stays so for a while: each write that fails need not bring a new session. */
const REPLACED_AFTER_MS = 1_000;
const REPLACED_WITHIN_SECONDS = 60;

/** @param connect makes a client that reports the end of each of its connections */
export function openPool(connect: (onClose: () => void) => PostgresSql<SqlTypes>): Sql {
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
    // At once: given time, a client that happens to have no connection left forgets those who wait for one.
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

  function end(options?: { timeout?: number }): Promise<void> {
    ended = true;
    return client().sql.end(options);
  }

  const own = new Map<string | symbol, unknown>([
    ["takeConnection", () => takeConnection(client())],
    ["replaceConnections", replaceConnections],
    ["end", end],
  ]);
  // The target is a function so that the proxy can be called; everything goes to the client of the moment.
  return new Proxy(() => undefined, {
    apply: (_target, _this, args) => Reflect.apply(client().sql, undefined, args),
    get: (_target, name) => own.get(name) ?? Reflect.get(client().sql, name),
  }) as unknown as Sql;
}

async function takeConnection(client: Client): Promise<Connection> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined); // nobody need be waiting
  client.onLost.add(reject);
  try {
    // Who waits for a connection of a client that is lost meanwhile is never served.
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

/** Sends nothing on a lost client: statements are refused instead, as those were that were under way. */
function guard(client: Client, reserved: ReservedSql<SqlTypes>): TransactionSql<SqlTypes> {
  return new Proxy(reserved, {
    apply: (target, _this, args) =>
      client.isLost && isStatement(args[0]) ? refusedStatement() : Reflect.apply(target, undefined, args),
    get: (target, name) =>
      client.isLost && name === "unsafe" ? refusedStatement : Reflect.get(target, name),
  }) as unknown as TransactionSql<SqlTypes>;
}

/**
 * Whether nobody waits for this failure: postgres.js asks for the types of arrays on each new connection and drops the
 * promise, which rejects where the connection is lost meanwhile. Its next connection asks again.
 */
export function isLostTypeQuery(error: unknown): boolean {
  const { query } = (error ?? {}) as { query?: unknown };
  return typeof query === "string" && query.includes("typarray");
}

/** sql`...` rather than sql(value), which only makes a part of a statement. */
function isStatement(first: unknown): boolean {
  return Array.isArray(first) && "raw" in first;
}

function refusedStatement(): Promise<never> & { execute: () => Promise<never> } {
  const refused = Promise.reject(connectionLost());
  refused.catch(() => undefined); // a part of a statement is awaited by nobody, only the whole is
  return Object.assign(refused, { execute: () => refused });
}

export function connectionLost(): Error {
  return Object.assign(new Error("the connection to the database was lost"), { code: "CONNECTION_CLOSED" });
}
