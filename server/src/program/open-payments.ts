// Brings up payments: the configured providers, the jobs that call them and read their reports, and the sandbox's postman.
import type { Config } from "../config/config.ts";
import type { Routes } from "../http/index.ts";
import type { CommandDesk } from "../modules/desk/index.ts";
import type { NewEvent } from "../modules/jobs/index.ts";
import type { Assets } from "../modules/ledger/index.ts";
import {
  applyDueWebhooks,
  type CardProvider,
  type CardProviderName,
  createCallPolicy,
  createSandbox,
  createSendingPool,
  deliverDueWebhooks,
  loadStripe,
  type PaymentKeeper,
  type PaymentListener,
  paymentRoutes,
  readSandboxSecret,
  runWorker,
  type Sandbox,
  type Worker,
} from "../modules/payments/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";

/** A call is tried three times at most; the rest is for recording its outcome. */
const LEASE_FACTOR = 4;

export interface OpenedPayments {
  /** What takes cards here; undefined where nothing does. */
  readonly cardProvider: CardProviderName | undefined;
  /** Hears of every change in its commit. */
  readonly setListener: (listener: PaymentListener) => void;
  /** For the desk: wakes the job that calls providers. */
  readonly notice: (events: readonly NewEvent[]) => void;
  /** Starts the jobs. */
  readonly start: (desk: CommandDesk) => Routes;
  /** Starts the sandbox's postman once the program listens. */
  readonly startSandbox: (url: string) => void;
  readonly stop: () => Promise<void>;
}

export async function openPayments(
  config: Config,
  { db, log, assets }: { db: Sql; log: Log; assets: Assets },
): Promise<OpenedPayments> {
  let wakePostman: () => void = () => undefined;
  const { sandbox, secret } = await openSandbox(config, { db, onTold: () => wakePostman() });
  const stripe = await openStripe(config, assets);
  const providers = wrapProviders(
    config,
    [stripe, sandbox].filter((provider) => provider !== undefined),
  );
  const workers: Worker[] = [];
  let listener: PaymentListener | undefined;
  let wakeSender: () => void = () => undefined;
  let drain: () => Promise<void> = async () => undefined;

  function start(desk: CommandDesk): Routes {
    const keeper: PaymentKeeper = { db, desk, assets, listener: () => listener };
    const shared = { ...keeper, providers, log, clock: () => new Date() };
    const sender = {
      ...shared,
      leaseSeconds: (config.PAYMENT_TIMEOUT_MS * LEASE_FACTOR) / 1_000 + 10,
      attentionSeconds: config.PAYMENT_ATTENTION_SECONDS,
    };
    const common = { pollMs: config.PAYMENT_POLL_MS, log };
    const pool = createSendingPool(sender);
    drain = pool.drain;
    const senders = runWorker({ ...common, name: "send_payment_attempts", pass: pool.pass });
    const inbox = runWorker({ ...common, name: "apply_webhooks", pass: () => applyDueWebhooks(shared) });
    workers.push(senders, inbox);
    wakeSender = senders.wake;
    return paymentRoutes({ ...keeper, providers, sandbox, onWebhook: inbox.wake });
  }

  return {
    cardProvider: providers.has("stripe") ? "stripe" : providers.has("sandbox") ? "sandbox" : undefined,
    setListener: (given) => {
      listener = given;
    },
    notice: (events) => {
      if (events.some(({ topic }) => topic === "payment.requested")) wakeSender();
    },
    start,
    startSandbox: (url) => {
      if (sandbox === undefined) return;
      const pass = (signal: AbortSignal) => deliverDueWebhooks({ db, secret, url }, signal);
      const pollMs = config.PAYMENT_POLL_MS;
      const postman = runWorker({ name: "deliver_sandbox_webhooks", pollMs, log, pass });
      workers.push(postman);
      wakePostman = postman.wake;
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await drain();
    },
  };
}

async function openSandbox(
  config: Config,
  { db, onTold }: { db: Sql; onTold: () => void },
): Promise<{ sandbox: Sandbox | undefined; secret: string }> {
  const isOn =
    config.PAYMENT_SANDBOX === "on" || (config.PAYMENT_SANDBOX === "auto" && config.APP_ENV !== "production");
  if (!isOn) return { sandbox: undefined, secret: "" };
  const secret = await readSandboxSecret(db);
  const publicUrl = config.PUBLIC_URL.replace(/\/+$/, "");
  return {
    secret,
    sandbox: createSandbox({ db, secret, publicUrl, delayMs: config.PAYMENT_SANDBOX_DELAY_MS, onTold }),
  };
}

async function openStripe(config: Config, assets: Assets): Promise<CardProvider | undefined> {
  const secretKey = config.STRIPE_SECRET_KEY ?? config.PAYMENT_GATEWAY_KEY;
  const webhookSecret = config.STRIPE_WEBHOOK_SECRET;
  if (secretKey === undefined || webhookSecret === undefined) return undefined;
  return loadStripe({
    secretKey,
    webhookSecret,
    apiUrl: config.STRIPE_API_URL,
    returnUrl: config.PAYMENT_RETURN_URL ?? config.PUBLIC_URL,
    timeoutMs: config.PAYMENT_TIMEOUT_MS,
    scaleOf: (currency) => assets.byCode(currency)?.scale,
  });
}

function wrapProviders(config: Config, providers: readonly CardProvider[]) {
  const timeoutMs = config.PAYMENT_TIMEOUT_MS;
  return new Map(
    providers.map((provider) => [provider.name, { provider, policy: createCallPolicy({ timeoutMs }) }]),
  );
}
