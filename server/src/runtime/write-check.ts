// Whether anything can be written: a primary that became a standby, a full disk or a replica that no longer confirms still
// answers reads. One check is under way at a time, whoever asks.
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "./database.ts";
import { inTransaction } from "./transaction.ts";

export type WriteCheck = () => Promise<void>;

const ANSWER_MS_MAX = 5_000;

/** @returns what throws where nothing can be written: AppError `unavailable`, or what the database said */
export function openWriteCheck(db: Sql): WriteCheck {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= Promise.race([writeHeartbeat(db), giveUp()]).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

/** Another process that writes the row just now answers for us. */
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
