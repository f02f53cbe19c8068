// Answers requests for proofs: that an entry or a transfer is in a log whose root was signed, and that a later checkpoint keeps
// everything an earlier one had. Each proof is checked before it is sent: a damaged log answers an error, never a wrong proof.
import { strict as assert } from "node:assert";
import type { Sql } from "../../../runtime/database.ts";
import {
  type StoredCheckpoint,
  selectCheckpointOf,
  selectLatestCheckpoint,
} from "../checkpoints/checkpoint-store.ts";
import type { TransferSource } from "../checkpoints/extend-transfer-log.ts";
import { type LogName, selectTileOf } from "../checkpoints/log-store.ts";
import { selectBody } from "../entries/entry-store.ts";
import { auditError } from "../errors.ts";
import { hashLeaf } from "./merkle-hash.ts";
import { proveConsistency, proveInclusion } from "./prove.ts";
import { openTileReader } from "./read-tile.ts";
import { TILE_WIDTH } from "./tiles.ts";
import { isConsistent, rootOfInclusion } from "./verify-proof.ts";

export interface LeafProof {
  /** Canonical bytes of the leaf. */
  readonly leaf: string;
  readonly index: number;
  readonly path: readonly Buffer[];
  readonly checkpoint: StoredCheckpoint;
}

/** @throws AppError `not_found/leaf_not_found`, also where no checkpoint includes the leaf yet */
export async function getEntryProof(db: Sql, seq: number): Promise<LeafProof> {
  const leaf = await selectBody(db, seq);
  if (leaf === undefined) throw auditError("leaf_not_found");
  return proveLeaf(db, "entries", { leaf, index: seq });
}

/** @throws AppError `not_found/leaf_not_found`, also where no checkpoint includes the leaf yet */
export async function getTransferProof(
  { db, source }: { db: Sql; source: TransferSource },
  key: bigint,
): Promise<LeafProof> {
  const tile = await selectTileOf(db, "transfers", key);
  if (tile?.firstKey == null) throw auditError("leaf_not_found");
  // The tile says the index of its first leaf; the position of our leaf after it gives our index.
  const leaves = await source.read({ after: tile.firstKey - 1n, upTo: key, limit: TILE_WIDTH });
  const last = leaves.at(-1);
  if (last?.key !== key) throw auditError("leaf_not_found");
  return proveLeaf(db, "transfers", {
    leaf: last.content,
    index: tile.position * TILE_WIDTH + leaves.length - 1,
  });
}

async function proveLeaf(
  db: Sql,
  log: LogName,
  { leaf, index }: { leaf: string; index: number },
): Promise<LeafProof> {
  const checkpoint = await selectLatestCheckpoint(db, log);
  if (checkpoint === undefined || index >= checkpoint.size) throw auditError("leaf_not_found");
  const { size, root } = checkpoint;
  const path = await proveInclusion(openTileReader(db, log), index, size);
  const provenRoot = rootOfInclusion({ index, size, leafHash: hashLeaf(leaf), path });
  assert(
    provenRoot?.equals(root),
    `leaf ${index} of ${log} is not what was signed: run countinghouse verify`,
  );
  return { leaf, index, path, checkpoint };
}

export interface ConsistencyAnswer {
  readonly before: StoredCheckpoint;
  readonly after: StoredCheckpoint;
  readonly path: readonly Buffer[];
}

/** @throws AppError `not_found/checkpoint_not_found` */
export async function getConsistencyProof(
  db: Sql,
  log: LogName,
  sizes: { from: number; to: number | undefined },
): Promise<ConsistencyAnswer> {
  const before = await getCheckpoint(db, log, sizes.from);
  const after = await getCheckpoint(db, log, sizes.to);
  if (after.size < before.size)
    throw auditError("checkpoint_not_found", { message: "`to` is smaller than `from`" });
  const path = await proveConsistency(openTileReader(db, log), before.size, after.size);
  assert(
    isConsistent({ before, after, path }),
    `the log ${log} is not what was signed: run countinghouse verify`,
  );
  return { before, after, path };
}

/** The checkpoint of a size, or the latest one. @throws AppError `not_found/checkpoint_not_found` */
export async function getCheckpoint(
  db: Sql,
  log: LogName,
  size: number | undefined,
): Promise<StoredCheckpoint> {
  const found = await (size === undefined
    ? selectLatestCheckpoint(db, log)
    : selectCheckpointOf(db, log, size));
  if (found === undefined) throw auditError("checkpoint_not_found");
  return found;
}
