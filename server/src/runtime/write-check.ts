// Whether the database accepts writes: a primary that became a standby, a full disk or a replica that no longer confirms still
// answers reads. Only one check is under way at a time, whoever asks.
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "./database.ts";
import { inTransaction } from "./transaction.ts";

export type WriteCheck = () => Promise<void>;

const ANSWER_MS_MAX = 5_000;

/** @returns a function that throws where nothing can be written: AppError `unavailable`, or the database's error */
export function openWriteCheck(db: Sql): WriteCheck {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= Promise.race([writeHeartbeat(db), giveUp()]).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

/** If another process is writing the row just now, writing works for us too. */
async function writeHeartbeat(db: Sql): Promise<void> {
  await inTransaction(
    db,
    ({ sql }) => sql`
      UPDATE runtime.heartbeat
      SET beat_at = clock_timestamp()
      WHERE only_row IN (SELECT only_row FROM runtime.heartbeat FOR UPDATE SKIP LOCKED)`,
  );
}

async function giveUp(): Promise<never> {
  await sleep(ANSWER_MS_MAX, undefined, { ref: false });
  throw new Error("the database does not answer");
}
