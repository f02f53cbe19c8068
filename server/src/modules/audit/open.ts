// Opens the audit trail: the sequencer, the checkpoints, and the recorder of commands for the HTTP kit. The trail is a lower
// module than the ledger, which passes its transfers to it as a source of leaves.

import { resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import type { CommandRecorder } from "../../http/index.ts";
import { setTimesBack } from "../../runtime/clock-times-store.ts";
import type { Task } from "../../runtime/task.ts";
import { describeAuditActor } from "../../values/actor.ts";
import type { Host, Module } from "../module.ts";
import type { TransferSource } from "./checkpoints/extend-transfer-log.ts";
import { makeCheckpoints } from "./checkpoints/make-checkpoints.ts";
import { openSigners, type Signers, type SigningOptions } from "./checkpoints/signing-key.ts";
import { AUDIT_ENCRYPTED } from "./encrypted-tables.ts";
import { appendAudit } from "./entries/append-audit.ts";
import { auditRoutes } from "./routes.ts";
import { runSequencer } from "./sequencer/run-sequencer.ts";
import { createSentinelSink, type SentinelOptions } from "./sinks/send-to-sentinel.ts";
import { TRAIL_EXPORT } from "./sinks/trail-export.ts";

const SINK_SECONDS = 5;

export interface AuditSettings {
  readonly signing: SigningOptions;
  readonly checkpointSeconds: number;
  /** The folder where every checkpoint is published too. */
  readonly checkpointDirectory: string | undefined;
  readonly sentinel: Pick<SentinelOptions, "endpoint" | "token"> | undefined;
}

export interface AuditModule {
  /** Writes the entry of a command in its transaction. */
  readonly recordCommand: CommandRecorder;
  /** Sets the source of the transfers for the second log; call it once, before anything starts. */
  readonly takeTransfersFrom: (source: TransferSource) => void;
}

export const audit: Module<"audit", AuditSettings, object, AuditModule> = {
  name: "audit",
  readSettings,
  encrypted: AUDIT_ENCRYPTED,
  exports: [TRAIL_EXPORT],
  setTimesBack: setTimesBack([{ table: "audit.sinks", due: ["retry_at"] }]),
  open: (host, settings) => {
    const { db, batchDb, vault, log } = host;
    const { source, takeTransfersFrom } = awaitSource();
    const signers = openConfiguredSigners(settings);
    const sequencer = runSequencer({ db: batchDb, vault, log });
    const maker = { db, source, signers, directory: settings.checkpointDirectory };
    const tasks: Task[] = [
      {
        name: "make_audit_checkpoints",
        everySeconds: settings.checkpointSeconds,
        run: (signal) => makeCheckpoints(maker, signal),
      },
      ...listSinks(settings, host),
    ];
    return {
      services: { recordCommand, takeTransfersFrom },
      routes: [auditRoutes({ db, vault, source, signers })],
      tasks,
      gauges: [
        {
          name: "audit_sequencer_failing",
          help: "1 where this process cannot extend the chain of the audit trail: entries wait; 0 else",
          read: () => Number(sequencer.isFailing()),
          everyMs: 0, // costs nothing, and must always agree with readiness
        },
      ],
      listDegraded: () =>
        sequencer.isFailing() ? ["audit trail: entries wait to be chained, see the log"] : [],
      close: sequencer.stop,
    };
  },
};

function readSettings(config: Config): AuditSettings {
  const { SENTINEL_ENDPOINT: endpoint, SENTINEL_TOKEN: token } = config;
  return {
    signing: {
      signingKey: config.AUDIT_SIGNING_KEY,
      dataDir: resolve(config.DATA_DIR),
      logName: config.AUDIT_LOG_NAME,
    },
    checkpointSeconds: config.AUDIT_CHECKPOINT_SECONDS,
    checkpointDirectory: config.AUDIT_CHECKPOINT_DIR,
    sentinel: endpoint === undefined || token === undefined ? undefined : { endpoint, token },
  };
}

/** @throws ConfigError where the signing key is malformed */
export function openConfiguredSigners({ signing }: Pick<AuditSettings, "signing">): Signers {
  try {
    return openSigners(signing);
  } catch (error) {
    throw new ConfigError([(error as Error).message]);
  }
}

/** The ledger is a higher module and is opened later. */
function awaitSource(): { source: TransferSource; takeTransfersFrom: AuditModule["takeTransfersFrom"] } {
  let given: TransferSource | undefined;
  const get = () => {
    if (given === undefined) throw new Error("nobody has said where transfers are");
    return given;
  };
  return {
    source: {
      settle: () => get().settle(),
      read: (range) => get().read(range),
      keysOf: (transactionId) => get().keysOf(transactionId),
    },
    takeTransfersFrom: (source) => {
      given = source;
    },
  };
}

function listSinks({ sentinel }: AuditSettings, { db, vault }: Pick<Host, "db" | "vault">): Task[] {
  if (sentinel === undefined) return [];
  const sink = createSentinelSink({ db, vault, ...sentinel });
  return [{ name: "send_audit_to_sentinel", everySeconds: SINK_SECONDS, run: sink.sendNew }];
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
