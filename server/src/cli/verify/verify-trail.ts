// The audit trail's part of `countinghouse verify`: the chain, the checkpoints, and the log of transfers.
import { resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { type TrailVerification, verifyTrail } from "../../modules/audit/index.ts";
import { openTransferSource } from "../../modules/ledger/index.ts";
import type { Sql } from "../../runtime/database.ts";

export function verifyConfiguredTrail(
  db: Sql,
  config: Config,
  onProgress: (done: number, of: number) => void,
): Promise<TrailVerification> {
  const directory = config.AUDIT_CHECKPOINT_DIR;
  return verifyTrail(db, {
    source: openTransferSource(db),
    directory: directory === undefined ? undefined : resolve(directory),
    onProgress,
  });
}

export function describeTrail({ findings, entryCount, checkpointCount }: TrailVerification): string {
  const entries = entryCount.toLocaleString("en-US");
  const read = `Read ${entries} audit entries and ${checkpointCount.toLocaleString("en-US")} checkpoints.`;
  const [first, ...others] = findings.map((finding) => finding.what);
  if (first === undefined) return `The audit trail is whole. ${read}`;
  return [`TRAIL: ${first}`, ...others.map((what) => `  also: ${what}`), read].join("\n");
}

export function toTrailDocument({ findings, ...counts }: TrailVerification): object {
  return {
    entry_count: counts.entryCount,
    transfer_count: counts.transferCount,
    checkpoint_count: counts.checkpointCount,
    findings: findings.map(({ check, what, seq, transferId }) => ({
      check,
      what,
      seq: seq === undefined ? undefined : String(seq),
      transfer_id: transferId,
    })),
  };
}
