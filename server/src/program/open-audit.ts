// Puts the audit trail together for a running program: the sequencer, the checkpoints, the recorder of commands for the
// gateway. The trail stands below the ledger and is handed its transfers as a source of leaves.
import { resolve } from "node:path";
import { type Config, ConfigError } from "../config/config.ts";
import type { CommandRecorder, Routes } from "../http/index.ts";
import {
  appendAudit,
  auditRoutes,
  createSentinelSink,
  makeCheckpoints,
  openSigners,
  runSequencer,
  type Signers,
  type TransferSource,
} from "../modules/audit/index.ts";
import { startSchedule, type Task } from "../modules/jobs/index.ts";
import { readTransferIds, readTransferLeaves, settle } from "../modules/ledger/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Vault } from "../runtime/vault/vault.ts";
import { describeAuditActor } from "../values/actor.ts";

const SINK_SECONDS = 5;

interface Kept {
  readonly db: Sql;
  readonly vault: Vault;
}

export interface OpenedAudit {
  readonly recordCommand: CommandRecorder;
  readonly routes: Routes;
  /** Whether entries wait because the chain cannot be extended. */
  readonly isFailing: () => boolean;
  readonly stop: () => Promise<void>;
}

/** @throws ConfigError where the signing key is malformed */
export function openAudit(
  config: Config,
  { db, vault, log }: { db: Sql; vault: Vault; log: Log },
): OpenedAudit {
  const source = openTransferSource(db);
  const signers = openConfiguredSigners(config);
  const sequencer = runSequencer({ db, vault, log });
  const maker = { db, source, signers, directory: config.AUDIT_CHECKPOINT_DIR };
  const checkpoints: Task = {
    name: "make_audit_checkpoints",
    everySeconds: config.AUDIT_CHECKPOINT_SECONDS,
    run: (signal) => makeCheckpoints(maker, signal),
  };
  const tasks = [checkpoints, ...listSinks(config, { db, vault })];
  const schedule = startSchedule({ db, log, tasks });
  return {
    recordCommand,
    routes: auditRoutes({ db, vault, source, signers }),
    isFailing: sequencer.isFailing,
    stop: async () => {
      await Promise.all([sequencer.stop(), schedule.stop()]);
    },
  };
}

function listSinks({ SENTINEL_ENDPOINT: endpoint, SENTINEL_TOKEN: token }: Config, kept: Kept): Task[] {
  if (endpoint === undefined || token === undefined) return [];
  const sink = createSentinelSink({ ...kept, endpoint, token });
  return [{ name: "send_audit_to_sentinel", everySeconds: SINK_SECONDS, run: sink.sendNew }];
}

/** @throws ConfigError */
export function openConfiguredSigners(config: Config): Signers {
  try {
    return openSigners({
      signingKey: config.AUDIT_SIGNING_KEY,
      dataDir: resolve(config.DATA_DIR),
      logName: config.AUDIT_LOG_NAME,
    });
  } catch (error) {
    throw new ConfigError([(error as Error).message]);
  }
}

export function openTransferSource(db: Sql): TransferSource {
  return {
    settle: async () => {
      const stamp = await settle(db);
      return stamp === undefined ? undefined : BigInt(stamp);
    },
    read: (range) => readTransferLeaves(db, range),
    keysOf: (transactionId) => readTransferIds(db, transactionId),
  };
}

const recordCommand: CommandRecorder = (tx, { event, actor, origin, resource, refused }) =>
  appendAudit(tx, [
    {
      event,
      ...describeAuditActor(actor),
      resource,
      outcome: refused === undefined ? "success" : "refused",
      code: refused?.code,
      origin,
    },
  ]);
