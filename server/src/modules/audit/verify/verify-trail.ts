// Verifies the trail from the ground up: the chain, the log of transfers against the ledger, every checkpoint that was signed or
// published, and that no transfer was booked without an entry. Trusts no stored hash: all are computed anew.

import { countUp } from "../../../runtime/count-up.ts";
import type { Sql } from "../../../runtime/database.ts";
import { readAhead } from "../../../runtime/reads/read-ahead.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import { selectCheckpoints, selectVerifierKeys } from "../checkpoints/checkpoint-store.ts";
import type { LeafContent, TransferSource } from "../checkpoints/extend-transfer-log.ts";
import { type LogName, selectLog } from "../checkpoints/log-store.ts";
import { readPublished } from "../checkpoints/publish-checkpoint.ts";
import { type Checkpoint, openNote, readCheckpoint, readVerifierKey } from "../checkpoints/signed-note.ts";
import { selectOldestPending, selectUnmentioned } from "../entries/entry-store.ts";
import { type CompactTree, createCompactTree } from "../proofs/compact-tree.ts";
import { hashLeaf } from "../proofs/merkle-hash.ts";
import { rootOf } from "../proofs/prove.ts";
import { openTileReader } from "../proofs/read-tile.ts";
import { type StampRange, type TrailFinding, verifyChain } from "./verify-chain.ts";

export interface TrailVerification {
  /** In the order in which they were found; the first one is the first difference. */
  readonly findings: readonly TrailFinding[];
  readonly entryCount: number;
  readonly transferCount: number;
  readonly checkpointCount: number;
}

const LEAVES_PER_READ = 4_096;
/** A batch's row is written in its transaction, which always ends well within this time. */
const PENDING_MARGIN_MICROSECONDS = 600_000_000n;

export interface VerifyTrailOptions {
  readonly source: TransferSource;
  /** The folder of published checkpoints, if there is one. */
  readonly directory: string | undefined;
  /** Counts entries and transfers. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** Reads everything; takes no locks. */
export function verifyTrail(
  db: Sql,
  { source, directory, onProgress }: VerifyTrailOptions,
): Promise<TrailVerification> {
  return inReadTransaction(db, async (tx) => {
    const leafCount = (await selectLog(tx.sql, "entries")).size + (await selectLog(tx.sql, "transfers")).size;
    const progress = countUp(leafCount, onProgress);
    const entryClaims = await readClaims(tx, "entries", directory);
    const entryRoots = watchSizes(entryClaims.sizes, progress.add);
    const chain = await verifyChain(tx, entryRoots.watch);
    const transferClaims = await readClaims(tx, "transfers", directory);
    const transferRoots = watchSizes(transferClaims.sizes, progress.add);
    // If entries are known to be missing, they explain why transactions are not named: only a complete chain is checked for that.
    const ranges = chain.findings.length > 0 ? undefined : chain.ranges;
    const transfers = await readTransferLog(tx, source, { watch: transferRoots.watch, ranges });
    const findings = [
      ...chain.findings,
      // If an entry is known to be wrong, so is every root after it: comparing those would tell nothing more.
      ...(chain.findings.length > 0 ? [] : entryClaims.check(entryRoots.roots)),
      ...(chain.findings.length > 0 ? [] : await checkTiles(tx, "entries", entryRoots)),
      ...chain.lostValues,
      ...transfers.findings,
      ...transferClaims.check(transferRoots.roots),
      ...(await checkTiles(tx, "transfers", transferRoots)),
    ];
    const checkpointCount = entryClaims.count + transferClaims.count;
    return {
      findings,
      entryCount: chain.entryCount,
      transferCount: transfers.transferCount,
      checkpointCount,
    };
  });
}

interface SizeWatch {
  readonly watch: (tree: CompactTree) => void;
  readonly roots: Map<number, Buffer>;
  /** The tree as it was last seen. */
  readonly last: () => CompactTree;
}

/** Remembers the roots at these sizes while a tree grows past them, and reports progress now and then. */
function watchSizes(sizes: ReadonlySet<number>, onLeaves: (count: number) => void): SizeWatch {
  const empty = createCompactTree();
  const roots = new Map<number, Buffer>(sizes.has(0) ? [[0, empty.root()]] : []);
  let last: CompactTree = empty;
  return {
    roots,
    last: () => last,
    watch: (tree) => {
      last = tree;
      if (tree.size() % LEAVES_PER_READ === 0) onLeaves(LEAVES_PER_READ);
      if (sizes.has(tree.size())) roots.set(tree.size(), tree.root());
    },
  };
}

interface Claims {
  readonly sizes: ReadonlySet<number>;
  readonly count: number;
  readonly check: (roots: ReadonlyMap<number, Buffer>) => TrailFinding[];
}

interface Claim {
  readonly where: string;
  readonly size: number;
  readonly note: string;
}

/** All signed checkpoints of a log, from the table and from the published files. */
async function readClaims(tx: Tx, log: LogName, directory: string | undefined): Promise<Claims> {
  const stored = await selectCheckpoints(tx.sql, log);
  const published = directory === undefined ? new Map<number, string>() : await readPublished(directory, log);
  const keys = await selectVerifierKeys(tx.sql);
  const claims: Claim[] = [
    ...stored.map(({ size, note }) => ({ where: "the checkpoint", size, note })),
    ...[...published].map(([size, note]) => ({ where: "the published checkpoint", size, note })),
  ];
  return {
    sizes: new Set(claims.map((claim) => claim.size)),
    count: stored.length,
    check: (roots) =>
      claims.flatMap((claim) => {
        const problem = describeClaim(claim, {
          opened: openWith(keys, claim.note),
          root: roots.get(claim.size),
        });
        if (problem === undefined) return [];
        return [
          { check: "checkpoint" as const, what: `${claim.where} of ${log} at size ${claim.size} ${problem}` },
        ];
      }),
  };
}

function openWith(keys: readonly string[], note: string): Checkpoint | undefined {
  for (const key of keys) {
    const verifier = readVerifierKey(key);
    const text = verifier === undefined ? undefined : openNote(verifier, note);
    const checkpoint = text === undefined ? undefined : readCheckpoint(text);
    if (checkpoint !== undefined && checkpoint.origin === verifier?.name) return checkpoint;
  }
  return undefined;
}

function describeClaim(
  claim: Claim,
  { opened, root }: { opened: Checkpoint | undefined; root: Buffer | undefined },
): string | undefined {
  if (opened === undefined) return "is not signed by any key of this log";
  if (opened.size !== claim.size) return `says size ${opened.size}`;
  if (root === undefined) return "covers more than the log still has: its end was cut off";
  return opened.root.equals(root)
    ? undefined
    : "has another root than what the log holds now: the past was changed";
}

async function readTransferLog(
  tx: Tx,
  source: TransferSource,
  { watch, ranges }: { watch: (tree: CompactTree) => void; ranges: readonly StampRange[] | undefined },
): Promise<{ findings: TrailFinding[]; transferCount: number }> {
  const { size, lastKey } = await selectLog(tx.sql, "transfers");
  const oldest = await selectOldestPending(tx.sql);
  const covered = { ranges: ranges?.toSorted((a, b) => a[0] - b[0]), before: oldest };
  const tree = createCompactTree();
  const findings: TrailFinding[] = [];
  const pages = readAhead(
    (after: bigint = -1n) => source.read({ after, upTo: lastKey, limit: LEAVES_PER_READ }),
    ({ key }) => key,
  );
  for await (const leaves of pages) {
    for (const { content } of leaves) {
      tree.add(hashLeaf(content));
      watch(tree);
    }
    findings.push(...(await findUncovered(tx, leaves, covered)));
  }
  if (tree.size() !== size)
    findings.push({
      check: "transfer",
      what: `the log of transfers has ${size}, the ledger ${tree.size()} up to ${lastKey}`,
    });
  return { findings, transferCount: tree.size() };
}

/** Transfers whose journal no entry names: they were booked without the trail, or their row was removed before it was chained. */
async function findUncovered(
  tx: Tx,
  leaves: readonly LeafContent[],
  { ranges, before }: { ranges: readonly StampRange[] | undefined; before: bigint | undefined },
): Promise<TrailFinding[]> {
  if (ranges === undefined) return [];
  const limit = before === undefined ? undefined : before - PENDING_MARGIN_MICROSECONDS;
  const settled = leaves.filter(({ key }) => limit === undefined || key < limit);
  const journals = new Set(settled.map(({ content }) => String(JSON.parse(content).journal_id)));
  const single = [...journals].filter((id) => !isWithin(ranges, Number(id)));
  const missing = single.length === 0 ? [] : await selectUnmentioned(tx.sql, single);
  return missing.map((id) => ({
    check: "coverage" as const,
    what: `no entry of the trail names transaction ${id}`,
    transferId: id,
  }));
}

/** Whether one of the ranges, sorted by their first stamp, contains the stamp. Ranges of different commands never overlap. */
function isWithin(ranges: readonly StampRange[], stamp: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[0] ?? 0) <= stamp) low = middle + 1;
    else high = middle;
  }
  return (ranges[low - 1]?.[1] ?? -1) >= stamp;
}

/** Checks that the tiles, from which proofs are made, lead to the same root. */
async function checkTiles(tx: Tx, log: LogName, { last }: SizeWatch): Promise<TrailFinding[]> {
  const problem = {
    check: "checkpoint" as const,
    what: `the stored hashes of the log ${log} are damaged: proofs would fail`,
  };
  try {
    return (await rootOf(openTileReader(tx.sql, log), 0, last().size())).equals(last().root())
      ? []
      : [problem];
  } catch {
    return [problem];
  }
}
