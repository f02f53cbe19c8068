// Opens payments: the configured providers, the workers that call them and process their reports, and the sandbox.

import type { Config } from "../../config/config.ts";
import { setTimesBack } from "../../runtime/clock-times-store.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Check, Host, Module, ModuleGauge } from "../module.ts";
import { createProviderPolicy } from "./attempts/provider-policy.ts";
import { createSendingPool } from "./attempts/send-attempts.ts";
import { measureWaits, type PaymentWaits } from "./measure-waits.ts";
import type { PaymentListener } from "./payment-listener.ts";
import type { CardProvider, CardProviderName } from "./providers/card-provider.ts";
import { deliverDueWebhooks } from "./providers/sandbox/deliver-webhooks.ts";
import { createSandbox, readSandboxSecret, type SandboxOptions } from "./providers/sandbox/sandbox.ts";
import { loadStripe, type StripeOptions } from "./providers/stripe/load-stripe.ts";
import { paymentRoutes } from "./routes.ts";
import { verifyPayments } from "./verify/verify-payments.ts";
import { applyDueWebhooks, forgetOldWebhooks } from "./webhooks/apply-webhooks.ts";

/** A call is tried at most three times; the rest of the time is for recording its outcome. */
const LEASE_FACTOR = 4;
const DAY_SECONDS = 86_400;

export interface PaymentSettings {
  /** Undefined: no sandbox. */
  readonly sandbox: Pick<SandboxOptions, "publicUrl" | "delayMs"> | undefined;
  /** Undefined: Stripe is not used for cards here. */
  readonly stripe: Omit<StripeOptions, "scaleOf"> | undefined;
  readonly timeoutMs: number;
  readonly pollMs: number;
  /** How long an attempt's outcome may stay unknown before the attempt waits for a person. */
  readonly attentionSeconds: number;
}

export interface PaymentModule {
  /** The provider that takes cards here; undefined where there is none. */
  readonly cardProvider: CardProviderName | undefined;
  /** The module that owns the payments' orders: it is told of every change in the same commit. */
  readonly tell: (listener: PaymentListener) => void;
}

interface Lower {
  readonly ledger: LedgerModule;
  readonly desk: CommandDesk;
}

const CHECK: Check = {
  kind: "payments",
  run: async (db, { since, onProgress }) => {
    const { differences } = await verifyPayments(db, {
      since,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { differences };
  },
};

export const payments: Module<"payments", PaymentSettings, Lower, PaymentModule> = {
  name: "payments",
  readSettings,
  checks: [CHECK],
  setTimesBack: setTimesBack([
    { table: "payments.attempts", due: ["due_at", "leased_until"] },
    { table: "payments.inbox", due: ["due_at", "leased_until"] },
    { table: "payments.sandbox_webhooks", due: ["deliver_at"] },
  ]),
  open: async (host, settings, { ledger: { assets }, desk }) => {
    const { db, log } = host;
    const { pollMs, timeoutMs } = settings;
    const sandbox = await openSandbox(settings, host);
    const stripe = await openStripe(settings, assets);
    const providers = wrapProviders(settings, [stripe, sandbox?.provider]);
    let listener: PaymentListener | undefined;
    const keeper = { db, desk, assets, listener: () => listener };
    const shared = { ...keeper, providers, log, clock: () => new Date() };
    const leaseSeconds = (timeoutMs * LEASE_FACTOR) / 1_000 + 10;
    const pool = createSendingPool({
      ...shared,
      leaseSeconds,
      attentionSeconds: settings.attentionSeconds,
    });
    const senders = startPolling("send_payment_attempts", { pollMs, log, pass: pool.pass });
    const inbox = startPolling("apply_webhooks", { pollMs, log, pass: () => applyDueWebhooks(shared) });
    desk.afterCommit(({ events }) => {
      if (events.some(({ topic }) => topic === "payment.requested")) senders.wake();
    });
    return {
      services: {
        cardProvider: providers.has("stripe") ? "stripe" : providers.has("sandbox") ? "sandbox" : undefined,
        tell: (given) => {
          listener = given;
        },
      },
      routes: [paymentRoutes({ ...keeper, providers, sandbox: sandbox?.provider, onWebhook: inbox.wake })],
      tasks: [{ name: "forget_webhooks", everySeconds: DAY_SECONDS, run: () => forgetOldWebhooks(db) }],
      gauges: listGauges(db),
      onListening: (url) => sandbox?.deliverTo(url),
      close: async () => {
        await Promise.all([senders.stop(), inbox.stop(), sandbox?.stop()]);
        await pool.drain();
      },
    };
  },
};

function readSettings(config: Config): PaymentSettings {
  const isSandboxOn =
    config.PAYMENT_SANDBOX === "on" || (config.PAYMENT_SANDBOX === "auto" && config.APP_ENV !== "production");
  const publicUrl = config.PUBLIC_URL.replace(/\/+$/, "");
  const secretKey = config.STRIPE_SECRET_KEY;
  const webhookSecret = config.STRIPE_WEBHOOK_SECRET;
  const timeoutMs = config.PAYMENT_TIMEOUT_MS;
  return {
    sandbox: isSandboxOn ? { publicUrl, delayMs: config.PAYMENT_SANDBOX_DELAY_MS } : undefined,
    stripe:
      secretKey === undefined || webhookSecret === undefined
        ? undefined
        : {
            secretKey,
            webhookSecret,
            apiUrl: config.STRIPE_API_URL,
            returnUrl: config.PAYMENT_RETURN_URL ?? config.PUBLIC_URL,
            timeoutMs,
          },
    timeoutMs,
    pollMs: config.PAYMENT_POLL_MS,
    attentionSeconds: config.PAYMENT_ATTENTION_SECONDS,
  };
}

/** The sandbox, and its webhook delivery, which starts once the program's address is known. */
async function openSandbox({ sandbox, pollMs }: PaymentSettings, { db, log }: Pick<Host, "db" | "log">) {
  if (sandbox === undefined) return undefined;
  const secret = await readSandboxSecret(db);
  let url: string | undefined;
  const postman = startPolling("deliver_sandbox_webhooks", {
    pollMs,
    log,
    pass: async (signal) => (url === undefined ? 0 : deliverDueWebhooks({ db, secret, url }, signal)),
  });
  return {
    provider: createSandbox({ db, secret, ...sandbox, onTold: postman.wake }),
    deliverTo: (given: string) => {
      url = given;
      postman.wake();
    },
    stop: postman.stop,
  };
}

/** `pass` returns how much it found to do; it is called again at once where it found something. */
function startPolling(
  name: string,
  { pollMs, log, pass }: { pollMs: number; log: Log; pass: (signal: AbortSignal) => Promise<number> },
): Worker {
  return startWorker({
    pass: async (stopping) => ((await pass(stopping)) > 0 ? 0 : pollMs),
    onFailure: (error) => {
      log.warn({ err: error, worker: name }, "a pass failed and is tried again");
      return pollMs;
    },
  });
}

async function openStripe({ stripe }: PaymentSettings, assets: Assets): Promise<CardProvider | undefined> {
  if (stripe === undefined) return undefined;
  return loadStripe({ ...stripe, scaleOf: (currency) => assets.byCode(currency)?.scale });
}

function wrapProviders({ timeoutMs }: PaymentSettings, providers: readonly (CardProvider | undefined)[]) {
  return new Map(
    providers
      .filter((provider) => provider !== undefined)
      .map((provider) => [provider.name, { provider, policy: createProviderPolicy({ timeoutMs }) }]),
  );
}

function listGauges(db: Sql): ModuleGauge[] {
  const read = (pick: (waits: PaymentWaits) => number) => async () => pick(await measureWaits(db));
  return [
    {
      name: "payments_attention",
      help: "Payment attempts, and events of providers, that wait for a person",
      read: read((waits) => waits.attentionCount),
    },
    {
      name: "payments_attention_oldest_seconds",
      help: "How long the first of them has waited for a person; 0 where none waits",
      read: read((waits) => waits.attentionSeconds),
    },
    {
      name: "webhooks_oldest_seconds",
      help: "How long the oldest webhook of a payment provider has waited to be applied; 0 where none waits",
      read: read((waits) => waits.webhookSeconds),
    },
  ];
}
