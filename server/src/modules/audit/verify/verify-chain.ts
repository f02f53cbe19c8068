// Reads the whole chain and reports where it was altered: an entry changed, missing, moved, or cut off at the end. Three
// witnesses must agree: the entry's bytes, the chain hash over everything before it, and the leaf hash in its tile.
import { readAhead } from "../../../runtime/reads/read-ahead.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { selectLog, selectTiles } from "../checkpoints/log-store.ts";
import { type StoredEntry, selectEntries } from "../entries/entry-store.ts";
import type { EntryBody } from "../entries/write-body.ts";
import { type CompactTree, createCompactTree } from "../proofs/compact-tree.ts";
import { CHAIN_START, chainHash, HASH_BYTES, hashLeaf } from "../proofs/merkle-hash.ts";
import { TILE_WIDTH } from "../proofs/tiles.ts";
import { createValueCheck } from "./verify-values.ts";

export interface TrailFinding {
  readonly check: "chain" | "checkpoint" | "transfer" | "coverage" | "value";
  /** One sentence that names the place. */
  readonly what: string;
  readonly seq?: number;
  readonly transferId?: string;
}

/** The stamps that commands took, first and last; an entry with a single stamp names only that one. */
export type StampRange = readonly [first: number, last: number];

export interface ChainReading {
  readonly findings: TrailFinding[];
  /** Personal values that are gone; the chain itself is complete without them. */
  readonly lostValues: TrailFinding[];
  readonly entryCount: number;
  readonly ranges: StampRange[];
}

const ENTRIES_PER_READ = TILE_WIDTH * 16;
/** With more differences than this, the chain is damaged as a whole, and a longer list would not tell more. */
const FINDINGS_MAX = 100;

/** @param onSize called after each leaf with the tree so far, so that roots can be compared at the sizes of checkpoints */
export async function verifyChain(tx: Tx, onSize: (tree: CompactTree) => void): Promise<ChainReading> {
  const { size } = await selectLog(tx.sql, "entries");
  const tree = createCompactTree();
  const findings: TrailFinding[] = [];
  const ranges: StampRange[] = [];
  const values = createValueCheck(tx);
  const lost: TrailFinding[] = [];
  let before: Buffer | undefined = CHAIN_START;
  let next = 0;
  const pages = readAhead(
    (after: number = -1) => readPage(tx, after + 1),
    ({ entry }) => entry.seq,
  );
  for await (const page of pages) {
    for (const { entry, expectedLeaf } of page) {
      if (entry.seq !== next) {
        findings.push(describeMissing(next, entry.seq - 1));
        before = undefined; // the hash to continue from is gone with them
      }
      const leaf = hashLeaf(entry.body);
      const what: string | undefined =
        describeProblem(entry, { leaf, before, expectedLeaf }) ??
        readBody(entry, (body) => {
          collectRange(body, ranges);
          values.note(body, entry.seq);
        });
      if (what !== undefined) findings.push({ check: "chain", what, seq: entry.seq });
      tree.add(leaf);
      onSize(tree);
      // Its own hash may be as wrong as its bytes, so the next entry is not reported for not continuing it.
      before = what === undefined ? entry.chainHash : undefined;
      next = entry.seq + 1;
    }
    lost.push(...(await values.findLost()));
    if (findings.length > FINDINGS_MAX) break;
  }
  if (next < size && findings.length <= FINDINGS_MAX) findings.push(describeMissing(next, size - 1));
  return {
    findings: findings.slice(0, FINDINGS_MAX),
    lostValues: lost.slice(0, FINDINGS_MAX),
    entryCount: next,
    ranges,
  };
}

interface ChainEntry {
  readonly entry: StoredEntry;
  /** Undefined where no tile holds it. */
  readonly expectedLeaf: Buffer | undefined;
}

async function readPage(tx: Tx, from: number): Promise<ChainEntry[]> {
  const entries = await selectEntries(tx.sql, { from, limit: ENTRIES_PER_READ });
  const leaves = await readLeafHashes(tx, entries);
  return entries.map((entry) => ({ entry, expectedLeaf: leaves.get(entry.seq) }));
}

/** Leaf hashes by seq, from the tiles. */
async function readLeafHashes(tx: Tx, entries: readonly StoredEntry[]): Promise<Map<number, Buffer>> {
  const positions = [...new Set(entries.map((entry) => Math.floor(entry.seq / TILE_WIDTH)))];
  const tiles = await selectTiles(
    tx.sql,
    "entries",
    positions.map((position) => ({ level: 0, position })),
  );
  const hashes = new Map<number, Buffer>();
  for (const tile of tiles)
    for (let at = 0; at < tile.hashes.length; at += HASH_BYTES)
      hashes.set(tile.position * TILE_WIDTH + at / HASH_BYTES, tile.hashes.subarray(at, at + HASH_BYTES));
  return hashes;
}

function describeMissing(from: number, to: number): TrailFinding {
  const what = from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;
  return { check: "chain", what, seq: from };
}

function describeProblem(
  entry: StoredEntry,
  {
    leaf,
    before,
    expectedLeaf,
  }: { leaf: Buffer; before: Buffer | undefined; expectedLeaf: Buffer | undefined },
): string | undefined {
  if (expectedLeaf !== undefined && !expectedLeaf.equals(leaf))
    return `entry ${entry.seq} is not the one that was written there`;
  if (before !== undefined && !chainHash(before, leaf).equals(entry.chainHash))
    return `entry ${entry.seq} does not continue the chain`;
  return expectedLeaf === undefined ? `entry ${entry.seq} is not in the log` : undefined;
}

/** Parses the body once, only of an entry whose bytes are unchanged: any other may contain anything. */
function readBody(entry: StoredEntry, tell: (body: EntryBody) => void): string | undefined {
  const body: EntryBody = JSON.parse(entry.body);
  tell(body);
  return repeatsBody(entry, body)
    ? undefined
    : `the columns of entry ${entry.seq} do not say what its body says`;
}

function repeatsBody(entry: StoredEntry, body: EntryBody): boolean {
  return (
    body.at === entry.at &&
    body.event === entry.event &&
    body.actor_id === entry.actorId &&
    (body.resource?.type ?? null) === entry.resourceType &&
    (body.resource?.id ?? null) === entry.resourceId &&
    (body.outcome === "success") === entry.succeeded
  );
}

/** Consecutive commands took consecutive stamps: their ranges are merged, or a million orders would be a million ranges. */
function collectRange({ details, resource }: EntryBody, ranges: StampRange[]): void {
  if (details?.["last_stamp"] === undefined && details?.["first_stamp"] === undefined) return;
  const first = Number(details["first_stamp"] ?? resource?.id);
  const last = Number(details["last_stamp"] ?? first);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return;
  const before = ranges.at(-1);
  if (before !== undefined && before[1] + 1 === first) ranges[ranges.length - 1] = [before[0], last];
  else ranges.push([first, last]);
}
