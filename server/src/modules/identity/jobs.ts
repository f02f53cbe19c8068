// What identity does on its own: sends mails, rotates signing keys, forgets what is long over. Any number of processes
// may do it at once; each step takes its locks.
import { deleteOldLinkTokens } from "./mail-store.ts";
import type { MailTransport } from "./mail-transport.ts";
import { deleteOldRevocations } from "./revocation-store.ts";
import { sendMails } from "./send-mails.ts";
import { deleteOldSessions } from "./session-store.ts";
import { DAY_MS, dateOf, type Identity } from "./settings.ts";
import { rotateSigningKeys } from "./signing-keys.ts";

export interface IdentityJob {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
}

const KEPT_AFTER_END_MS = 30 * DAY_MS;

export function identityJobs(identity: Identity, transport: MailTransport | undefined): IdentityJob[] {
  const { db, vault, now, settings } = identity;
  const keyOptions = { db, vault, now, accessTokenSeconds: settings.accessTokenSeconds };
  const jobs: IdentityJob[] = [
    {
      name: "rotate signing keys",
      everyMs: 3_600_000,
      run: () => rotateSigningKeys(keyOptions, "when_due"),
    },
    { name: "forget what is over", everyMs: 3_600_000, run: () => forgetOld(identity) },
  ];
  if (transport === undefined) return jobs;
  return [...jobs, { name: "send mails", everyMs: 1_000, run: () => sendMails(identity, transport) }];
}

async function forgetOld(identity: Identity): Promise<void> {
  const { db } = identity;
  await deleteOldSessions(db, dateOf(identity, -KEPT_AFTER_END_MS));
  await deleteOldRevocations(db, dateOf(identity, -DAY_MS));
  await deleteOldLinkTokens(db, dateOf(identity, -DAY_MS));
}

/** Runs each job again and again, never twice at once, until `close`, which waits for those under way. */
export function startIdentityJobs(
  identity: Identity,
  transport: MailTransport | undefined,
): { readonly close: () => Promise<void> } {
  const underWay = new Map<string, Promise<void>>();
  const timers = identityJobs(identity, transport).map((job) =>
    setInterval(() => {
      if (underWay.has(job.name)) return;
      underWay.set(job.name, runJob(identity, job).finally(() => underWay.delete(job.name)));
    }, job.everyMs),
  );
  return {
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(underWay.values());
      transport?.close();
    },
  };
}

async function runJob({ log }: Identity, { name, run }: IdentityJob): Promise<void> {
  await run().catch((error: unknown) => log.error({ err: error, "event.action": name }, "a job failed"));
}
