// Puts the audit trail together for a running program: the sequencer, and the recorder of commands for the gateway.
import type { CommandRecorder } from "./gateway/index.ts";
import { appendAudit, runSequencer } from "./modules/audit/index.ts";
import type { Sql } from "./runtime/database.ts";
import type { Log } from "./runtime/log.ts";
import type { Vault } from "./runtime/vault.ts";
import { actorKindOf } from "./values/actor.ts";

export interface OpenedAudit {
  readonly recordCommand: CommandRecorder;
  readonly stop: () => Promise<void>;
}

export function openAudit({ db, vault, log }: { db: Sql; vault: Vault; log: Log }): OpenedAudit {
  const sequencer = runSequencer({ db, vault, log });
  return { recordCommand, stop: sequencer.stop };
}

const recordCommand: CommandRecorder = (tx, { event, actor, origin, resource, refused }) =>
  appendAudit(tx, [
    {
      event,
      actorId: actor.id,
      actorKind: actorKindOf(actor),
      resource,
      outcome: refused === undefined ? "success" : "refused",
      code: refused?.code,
      origin,
    },
  ]);
