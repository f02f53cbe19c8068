// Makes checkpoints: adds new transfers to their log, signs size and root of both logs where they grew, and publishes them. They
// are signed last and published after the commit, so that every checkpoint that anybody has seen is in the table.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { rootOf } from "../proofs/prove.ts";
import { openTileReader } from "../proofs/read-tile.ts";
import {
  insertCheckpoint,
  lockCheckpoints,
  type StoredCheckpoint,
  selectLatestCheckpoint,
} from "./checkpoint-store.ts";
import { extendTransferLog, type TransferSource } from "./extend-transfer-log.ts";
import { LOG_NAMES, type LogName, selectLog } from "./log-store.ts";
import { publishCheckpoint } from "./publish-checkpoint.ts";
import { signNote, writeCheckpoint } from "./signed-note.ts";
import type { Signers } from "./signing-key.ts";

export interface CheckpointMaker {
  readonly db: Sql;
  readonly source: TransferSource;
  readonly signers: Signers;
  /** The folder where they are published as files; undefined: they are not. */
  readonly directory: string | undefined;
}

/** Returns the size of each log according to its latest checkpoint. */
export async function makeCheckpoints(
  { db, source, signers, directory }: CheckpointMaker,
  signal?: AbortSignal,
): Promise<Record<LogName, number>> {
  await extendTransferLog(db, source, signal);
  const sizes = { entries: 0, transfers: 0 };
  for (const log of LOG_NAMES) {
    const checkpoint = await signLog(db, log, signers);
    if (directory !== undefined) await publishCheckpoint(directory, log, checkpoint);
    sizes[log] = checkpoint.size;
  }
  return sizes;
}

function signLog(db: Sql, log: LogName, signers: Signers): Promise<StoredCheckpoint> {
  const signer = signers[log];
  return inTransaction(db, async (tx) => {
    await lockCheckpoints(tx);
    const { size } = await selectLog(tx.sql, log);
    const latest = await selectLatestCheckpoint(tx.sql, log);
    if (latest !== undefined && size <= latest.size) return latest;
    const root = await rootOf(openTileReader(tx.sql, log), 0, size);
    const note = signNote(signer, writeCheckpoint({ origin: signer.name, size, root }));
    const checkpoint = { size, root, note };
    await insertCheckpoint(tx, log, { checkpoint, verifierKey: signer.verifierKey });
    return checkpoint;
  });
}
