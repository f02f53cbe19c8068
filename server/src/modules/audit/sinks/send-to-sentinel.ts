// Sends the trail to Microsoft Sentinel as it grows, in order, at least once. While the endpoint accepts nothing, entries wait
// with growing pauses and nothing overtakes them. If it refuses a batch as malformed, the batch is divided until the single
// bad entry is found; that one goes to the dead letters, and the rest is sent.
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { selectEntries } from "../entries/entry-store.ts";
import { type EntryRecord, revealValues } from "../entries/find-entries.ts";
import { toEcs } from "./format-entry.ts";
import { insertSinkDeadLetter, moveSink, noteFailure, selectSink } from "./sink-store.ts";

export interface SentinelOptions {
  readonly db: Sql;
  readonly vault: Vault;
  readonly endpoint: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly bytesMax?: number;
}

export interface SentinelSink {
  /** Sends new entries. @throws Error naming what went wrong, when they have to wait for the next try */
  readonly sendNew: (signal?: AbortSignal) => Promise<{ sent: number; refused: number }>;
}

const NAME = "sentinel";
/** The Logs Ingestion API accepts one megabyte a call. */
const BYTES_MAX = 1_000_000;
const TIMEOUT_MS = 30_000;
const ENTRIES_PER_READ = 1_000;
const RETRY_SECONDS_MAX = 600;

interface Line {
  readonly seq: number;
  readonly json: string;
}

/** How a call ended. `refuse`: never send this again. */
type Reply =
  | { readonly verdict: "taken" }
  | { readonly verdict: "refuse"; readonly error: string }
  | { readonly verdict: "wait"; readonly error: string; readonly seconds: number | undefined };

export function createSentinelSink(options: SentinelOptions): SentinelSink {
  const { db, vault, bytesMax = BYTES_MAX } = options;

  async function sendNew(signal?: AbortSignal): Promise<{ sent: number; refused: number }> {
    const total = { sent: 0, refused: 0 };
    for (let state = await selectSink(db, NAME); !state.isResting && signal?.aborted !== true; ) {
      const entries = await selectEntries(db, { from: state.nextSeq, limit: ENTRIES_PER_READ });
      if (entries.length === 0) break;
      const lines = (await revealValues({ db, vault }, entries)).map(toLine);
      for (const batch of cutBatches(lines, bytesMax)) {
        const refused = await deliver(batch);
        total.sent += batch.length - refused;
        total.refused += refused;
        await moveSink(db, NAME, (batch.at(-1)?.seq ?? 0) + 1);
      }
      state = await selectSink(db, NAME);
    }
    return total;
  }

  /** Returns how many entries were refused for good. */
  async function deliver(batch: readonly Line[]): Promise<number> {
    const reply = await post(options, batch);
    if (reply.verdict === "taken") return 0;
    if (reply.verdict === "wait") return wait(reply);
    const [only, ...others] = batch;
    if (only === undefined) return 0;
    if (others.length === 0) {
      await insertSinkDeadLetter(db, NAME, { seq: only.seq, error: reply.error });
      return 1;
    }
    const middle = batch.length >> 1;
    return (await deliver(batch.slice(0, middle))) + (await deliver(batch.slice(middle)));
  }

  async function wait({ error, seconds }: { error: string; seconds: number | undefined }): Promise<never> {
    const { failures } = await selectSink(db, NAME);
    const growing = Math.min(2 ** failures, RETRY_SECONDS_MAX);
    const retrySeconds = Math.min(seconds ?? growing, RETRY_SECONDS_MAX);
    await noteFailure(db, NAME, { error, retrySeconds });
    throw new Error(`Sentinel: ${error}; tried again in ${retrySeconds} s`);
  }

  return { sendNew };
}

function toLine(record: EntryRecord): Line {
  return { seq: record.seq, json: JSON.stringify(toEcs(record)) };
}

/** Batches of at most `bytesMax` as a JSON array; a larger entry goes alone. */
function* cutBatches(lines: readonly Line[], bytesMax: number): Generator<Line[]> {
  let batch: Line[] = [];
  let bytes = 2;
  for (const line of lines) {
    const lineBytes = Buffer.byteLength(line.json) + 1;
    if (batch.length > 0 && bytes + lineBytes > bytesMax) {
      yield batch;
      batch = [];
      bytes = 2;
    }
    batch.push(line);
    bytes += lineBytes;
  }
  if (batch.length > 0) yield batch;
}

async function post(
  { endpoint, token, timeoutMs = TIMEOUT_MS }: SentinelOptions,
  batch: readonly Line[],
): Promise<Reply> {
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: `[${batch.map((line) => line.json).join(",")}]`,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error", // the token is for this endpoint alone
    });
    await response.body?.cancel();
    return judge(response);
  } catch (error) {
    return { verdict: "wait", error: describe(error, timeoutMs), seconds: undefined };
  }
}

/** 400, 413 and 422 concern the data sent; everything else may pass: a new token, a quieter hour, a repaired server. */
function judge({ ok, status, headers }: Response): Reply {
  if (ok) return { verdict: "taken" };
  const error = `answered ${status}`;
  if (status === 400 || status === 413 || status === 422) return { verdict: "refuse", error };
  const after = headers.get("retry-after");
  return {
    verdict: "wait",
    error,
    seconds: after !== null && /^\d{1,5}$/.test(after) ? Number(after) : undefined,
  };
}

function describe(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  return (cause as Error | undefined)?.message ?? message;
}
