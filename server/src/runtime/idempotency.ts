// Remembers the answer to each keyed request in the same transaction as its effect, so that a repeated request gets the same
// answer and changes nothing. Keys belong to their caller. The table's comment explains how epochs keep keys unique.
import { hash } from "node:crypto";
import { AppError, type FieldProblem, type RefusalKind } from "../values/app-error.ts";
import { ownOf } from "../values/own-of.ts";
import type { Sql } from "./database.ts";
import { columnsOf } from "./row-columns.ts";
import { toTextArray } from "./sql-array.ts";
import { inTransaction, type Tx } from "./transaction.ts";

const ROTATION_LOCK = 0x49444d50; // "IDMP"

/** A request that carries a key: the key's hash and the request as JSON text. */
export interface KeyedRequest {
  readonly keyHash: string;
  readonly request: string;
}

export interface RememberedAnswer {
  readonly request: string;
  readonly outcome: Outcome;
  readonly answer: string;
  /** Where it is remembered in short. Found again, `request` is then its path alone, and `answer` empty, until it is told. */
  readonly short?: ShortAnswer | undefined;
}

/** What the ledger's row of a posted transaction does not tell of the request and its answer; in the words of who told it. */
export interface ShortAnswer {
  readonly journalId: number;
  readonly answer: string;
  readonly request: string | null;
}

/** Requests whose answers may be remembered in short come by this path. */
export const SHORT_PATH = "POST /transactions";

type Outcome = "done" | RefusalKind;
/** As they are stored; their meaning never changes. */
const OUTCOMES: Readonly<Record<Outcome, number>> = {
  done: 0,
  invalid: 1,
  unauthenticated: 2,
  forbidden: 3,
  not_found: 4,
  conflict: 5,
  refused: 6,
  too_many: 7,
  unavailable: 8,
};
const OUTCOME_NAMES = new Map(Object.entries(OUTCOMES).map(([name, number]) => [number, name as Outcome]));

/** 128 bits of SHA-256 over caller and key, as PostgreSQL's uuid: no two keys in practice share one. */
export function hashKey(callerId: string, key: string): string {
  return hash("sha256", `${callerId}\0${key}`, "hex").slice(0, 32);
}

/** Keeps the epoch from changing until the transaction ends. Send it before `findRemembered`; does not wait for other writers. */
export function holdEpoch({ sql }: Tx): Promise<unknown> {
  return sql`SELECT pg_advisory_xact_lock_shared(${ROTATION_LOCK})`.execute();
}

/** Remembered answers, by key hash. In batches it is sent after the accounts are locked, so that a repeat sees its original. */
export async function findRemembered(
  { sql }: Tx,
  keyHashes: readonly string[],
): Promise<Map<string, RememberedAnswer>> {
  if (keyHashes.length === 0) return new Map();
  const rows = await sql<KeyRow[]>`
    SELECT key_hash, journal_id, outcome, answer, request
    FROM runtime.idempotency_keys
    WHERE key_hash = ANY(${toTextArray(keyHashes)}::uuid[])`.execute();
  return new Map(rows.map((row) => [row.key_hash.replaceAll("-", ""), toRemembered(row)]));
}

interface KeyRow {
  key_hash: string;
  journal_id: bigint | null;
  outcome: number;
  answer: string;
  request: string | null;
}

function toRemembered({ journal_id, outcome, answer, request }: KeyRow): RememberedAnswer {
  const name = OUTCOME_NAMES.get(outcome);
  if (name === undefined) throw new Error(`unknown outcome ${outcome}`);
  if (journal_id === null) return { request: request ?? "null", outcome: name, answer };
  const short = { journalId: Number(journal_id), answer, request };
  return { request: JSON.stringify({ path: SHORT_PATH }), outcome: name, answer: "", short };
}

const KEY_COLUMNS = columnsOf<readonly [keyHash: string, remembered: RememberedAnswer]>({
  key_hash: ["uuid", ([keyHash]) => keyHash],
  journal_id: ["bigint", ([, { short }]) => short?.journalId],
  outcome: ["smallint", ([, { outcome }]) => OUTCOMES[outcome]],
  answer: ["text", ([, { short, answer }]) => short?.answer ?? answer],
  request: ["text", ([, { short, request }]) => (short === undefined ? request : short.request)],
});

/**
 * Remembers answers in the order of their key hashes, so that two batches that share several keys cannot wait for each other.
 * A key that another process remembered meanwhile fails the batch, which is then retried.
 */
export function remember({ sql }: Tx, answers: ReadonlyMap<string, RememberedAnswer>): Promise<unknown> {
  return sql`
    INSERT INTO runtime.idempotency_keys (epoch, ${KEY_COLUMNS.names(sql)})
    SELECT (SELECT max(epoch) FROM runtime.idempotency_epochs), ${KEY_COLUMNS.names(sql)}
    FROM unnest(${KEY_COLUMNS.arrays(sql, [...answers])}) AS n (${KEY_COLUMNS.names(sql)})
    ORDER BY key_hash`.execute();
}

/**
 * Like `remember`, for batches that were decided without looking: fails the transaction where one of the keys is remembered, or
 * the epoch is about to change. Sent after the accounts' locks.
 */
export function rememberNew(
  { sql }: Tx,
  keyHashes: readonly string[],
  answers: ReadonlyMap<string, RememberedAnswer>,
): Promise<unknown> {
  return sql`
    SELECT runtime.remember_new(${ROTATION_LOCK}, ${ALL_KEYS.arrays(sql, keyHashes)},
      ${KEY_COLUMNS.arrays(sql, [...answers])})`.execute();
}

const ALL_KEYS = columnsOf<string>({ key_hash: ["uuid", (keyHash) => keyHash] });

/**
 * Throws where a key was used for a different request, naming the fields that differ. The order of fields does not matter.
 * @throws AppError `refused/idempotency_key_reused`
 */
export function checkSameRequest(remembered: Pick<RememberedAnswer, "request">, request: string): void {
  if (remembered.request === request) return;
  const fields = findDifferences(JSON.parse(remembered.request), JSON.parse(request));
  const ofPath = fields.filter(({ field }) => field === "path");
  if (fields.length === 0) return;
  throw new AppError("refused", "idempotency_key_reused", {
    message: "this Idempotency-Key was used for another request; use a new key for a new request",
    // another operation has other fields: they say nothing
    fields: ofPath.length > 0 ? ofPath : fields,
  });
}

function findDifferences(before: unknown, after: unknown, path = ""): FieldProblem[] {
  if (!isObject(before) || !isObject(after)) {
    const same = JSON.stringify(before) === JSON.stringify(after);
    return same ? [] : [{ field: path, reason: `was ${shorten(before)}, is ${shorten(after)}` }];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .flatMap((key) =>
      findDifferences(ownOf(before, key), ownOf(after, key), path === "" ? key : `${path}.${key}`),
    )
    .slice(0, 20);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function shorten(value: unknown): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * Begins a new epoch if the current one is a day old, and drops epochs older than `keepDays` whole days. Waits for transactions
 * under way (milliseconds), which is what keeps keys unique across the change.
 */
export function rotateEpochs(
  db: Sql,
  keepDays: number,
): Promise<{ begun: number | undefined; dropped: number[] }> {
  return inTransaction(db, async ({ sql }) => {
    await sql`SELECT pg_advisory_xact_lock(${ROTATION_LOCK})`;
    const [newest] = await sql<[{ due: boolean }]>`
      SELECT started_at <= now() - interval '1 day' AS due
      FROM runtime.idempotency_epochs
      ORDER BY epoch DESC
      LIMIT 1`;
    const [next] = newest.due
      ? await sql<{ begun: number }[]>`SELECT runtime.begin_idempotency_epoch() AS begun`
      : [];
    // An epoch's youngest key is as old as the start of the next epoch.
    const old = await sql<{ epoch: number }[]>`
      SELECT e.epoch
      FROM runtime.idempotency_epochs e
      JOIN runtime.idempotency_epochs next ON next.epoch = e.epoch + 1
      WHERE next.started_at <= now() - make_interval(days => ${keepDays})`;
    for (const { epoch } of old) await sql`SELECT runtime.drop_idempotency_epoch(${epoch})`;
    return { begun: next?.begun, dropped: old.map((row) => row.epoch) };
  });
}
