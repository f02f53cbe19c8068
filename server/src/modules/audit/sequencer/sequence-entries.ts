// The sequencer: reads entries as they were written with their acts and chains them. One process does so at a time, by a lock
// that ends with the round's transaction, so that a killed process does not keep it. Even two could not fork the chain: seq is
// unique, and an entry is only inserted after the one whose hash it continues.
//
// Rows are taken in the order of their ids. For one writer this is the order of its commits; between writers it need not be: a
// transaction that commits late is chained late. `at` in the entry says when it was written.
import type { Connections } from "../../../runtime/database.ts";
import { inPipelinedTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { type LogState, moveLog, selectLog, selectTiles, writeTiles } from "../checkpoints/log-store.ts";
import type { AuditEntry } from "../entries/entry.ts";
import {
  type Committer,
  createCommitter,
  describeBinding,
  type PersonalValue,
} from "../entries/personal-values.ts";
import { writeBody } from "../entries/write-body.ts";
import { CHAIN_START, chainHash, hashLeaf } from "../proofs/merkle-hash.ts";
import { appendLeaves, partialTiles } from "../proofs/tiles.ts";
import { findGaps, type Gap } from "./find-gaps.ts";
import * as store from "./sequence-store.ts";

export interface Round {
  /** Entries chained. */
  readonly chained: number;
  /** More rows may be waiting. */
  readonly more: boolean;
  /** How long the oldest of the entries had been waiting. */
  readonly waitedMs: number;
}

export interface Sequencer {
  /** Chains the waiting entries, up to a limit; does nothing while another process is chaining. */
  readonly runRound: () => Promise<Round>;
}

/** One round keeps the event loop busy for a few milliseconds: the process's other work waits no longer than that. */
const ROWS_PER_ROUND_MAX = 16;
const ENTRIES_PER_ROUND_MAX = 512;
const NOTHING: Round = { chained: 0, more: false, waitedMs: 0 };

/** @param means.db statements sent together share a round trip on connections of either driver */
export function createSequencer({ db, vault }: { db: Connections; vault: Vault }): Sequencer {
  const committer = createCommitter();
  let lastErasure: string | undefined;

  async function chainPending(tx: Tx): Promise<Round> {
    const [isOurs, erasure, pending] = await Promise.all([
      store.lockSequencer(tx),
      store.selectLastErasure(tx),
      store.selectPending(tx, ROWS_PER_ROUND_MAX),
    ]);
    if (!isOurs) return NOTHING;
    if (erasure !== lastErasure) committer.forget(); // new entries must not refer to a forgotten value
    lastErasure = erasure;
    const rows = takeRows(pending);
    if (rows.length === 0) return NOTHING;
    const [end, { gaps, lastNumbers }] = await Promise.all([readEnd(tx), readGaps(tx, rows)]);
    const entries = [...rows.flatMap(parseRow), ...gaps.map(describeGap)];
    await Promise.all([store.writeWriters(tx, lastNumbers), appendEntries(tx, entries, { end, committer })]);
    const areAllKept = await keepValues(tx, vault, committer.takeNew());
    if (!areAllKept) committer.forget(); // a value that was not kept must not be reused later
    await store.deletePending(
      tx,
      rows.map((row) => row.id),
    );
    return { chained: entries.length, more: true, waitedMs: Date.now() - Date.parse(rows[0]?.at ?? "") };
  }

  return {
    runRound: () =>
      inPipelinedTransaction(db, async (tx) => ({ outcome: await chainPending(tx), writes: [] })).catch(
        (error: unknown) => {
          committer.forget(); // its commitments were rolled back
          throw error;
        },
      ),
  };
}

interface TimedEntry {
  readonly entry: AuditEntry;
  readonly at: string;
}

/** At least one row, and otherwise no more than the limit of entries: a single command's row may exceed the limit. */
function takeRows(rows: readonly store.PendingRow[]): store.PendingRow[] {
  const taken: store.PendingRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.entries.length;
    if (taken.length > 0 && bytes > ENTRIES_PER_ROUND_MAX * ENTRY_BYTES_USUAL) break;
    taken.push(row);
  }
  return taken;
}

const ENTRY_BYTES_USUAL = 300;

function parseRow({ entries, at }: store.PendingRow): TimedEntry[] {
  return (JSON.parse(entries) as AuditEntry[]).map((entry) => ({ entry, at }));
}

/** A row that was removed before it could be chained is reported by an entry of its own, for everybody to see. */
async function readGaps(tx: Tx, rows: readonly store.PendingRow[]): Promise<ReturnType<typeof findGaps>> {
  const writers = new Set(rows.flatMap((row) => row.writer ?? []));
  return findGaps(rows, await store.selectWriters(tx, [...writers]));
}

function describeGap({ writer, from, to, at }: Gap): TimedEntry {
  const entry: AuditEntry = {
    event: "audit_rows_missing",
    actorId: "system",
    actorKind: "system",
    resource: { type: "audit_writer", id: writer },
    outcome: "refused",
    code: "rows_missing",
    origin: { requestId: "sequencer" },
    details: { from: String(from), to: String(to) },
  };
  return { entry, at };
}

/** Where the chain and its log end. */
interface ChainEnd {
  readonly log: LogState;
  readonly chainHash: Buffer;
}

async function readEnd(tx: Tx): Promise<ChainEnd> {
  const [log, head] = await Promise.all([selectLog(tx.sql, "entries"), store.selectHead(tx)]);
  if ((head === undefined ? 0 : head.seq + 1) !== log.size)
    throw new Error(
      `the chain ends with entry ${head?.seq ?? "none"}, its log has ${log.size}: run countinghouse verify`,
    );
  return { log, chainHash: head?.chainHash ?? CHAIN_START };
}

async function appendEntries(
  tx: Tx,
  timed: readonly TimedEntry[],
  { end: { log: from, chainHash: before }, committer }: { end: ChainEnd; committer: Committer },
): Promise<void> {
  const entries = linkEntries(timed, { firstSeq: from.size, before, committer });
  const size = from.size + entries.length;
  await createPartitions(tx, from.size, size);
  const [partial] = await Promise.all([
    selectTiles(tx.sql, "entries", partialTiles(from.size)),
    store.insertEntries(tx, entries, before),
  ]);
  const leaves = entries.map(({ seq, leafHash }) => ({ key: BigInt(seq), hash: leafHash }));
  await Promise.all([
    writeTiles(tx, "entries", appendLeaves(from.size, partial, leaves)),
    moveLog(tx, "entries", { from, to: { size, lastKey: BigInt(size - 1) } }),
  ]);
}

function linkEntries(
  timed: readonly TimedEntry[],
  chain: { firstSeq: number; before: Buffer; committer: Committer },
): store.NewEntry[] {
  let last = chain.before;
  return timed.map(({ entry, at }, index) => {
    const body = writeBody(entry, at, chain.committer);
    const leafHash = hashLeaf(body);
    last = chainHash(last, leafHash);
    return {
      seq: chain.firstSeq + index,
      at,
      event: entry.event,
      actorId: entry.actorId,
      resourceType: entry.resource?.type ?? null,
      resourceId: entry.resource?.id ?? null,
      succeeded: entry.outcome === "success",
      body,
      leafHash,
      chainHash: last,
    };
  });
}

/** Makes the partition after the one that is being filled. */
async function createPartitions(tx: Tx, from: number, to: number): Promise<void> {
  const last = Math.floor(to / store.ENTRIES_PER_PARTITION);
  if (last > Math.floor((from - 1) / store.ENTRIES_PER_PARTITION)) await store.createPartition(tx, last + 1);
}

/** A value whose owner was forgotten after it was written is dropped; its commitment stays. Whether all values were kept. */
async function keepValues(tx: Tx, vault: Vault, values: readonly PersonalValue[]): Promise<boolean> {
  if (values.length === 0) return true;
  const erasures = await store.selectErasures(tx, [...new Set(values.map((value) => value.subjectId))]);
  const kept = values.filter(({ subjectId, at }) => at > (erasures.get(subjectId) ?? ""));
  await store.insertPersonalValues(
    tx,
    kept.map(({ commitment, subjectId, name, salt, value }) => ({
      commitment,
      subjectId,
      name,
      sealed: vault.encrypt(
        JSON.stringify({ salt: salt.toString("base64url"), value }),
        describeBinding(commitment),
      ),
    })),
  );
  return kept.length === values.length;
}
