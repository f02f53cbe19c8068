// What runs beside the requests: the relay of events with its subscribers, and the schedule of upkeep.
import type { Config } from "../config/config.ts";
import type { Metrics } from "../http/metrics.ts";
import { createHttpRateSource, updateExchangeRates } from "../modules/banking/index.ts";
import { type CommandDesk, expireHolds } from "../modules/desk/index.ts";
import {
  createSubscriptions,
  type Delivery,
  type Relay,
  type Schedule,
  startRelay,
  startSchedule,
  type Task,
} from "../modules/jobs/index.ts";
import { type Assets, createPartitions } from "../modules/ledger/index.ts";
import { forgetOldWebhooks } from "../modules/payments/index.ts";
import { watchIntegrity } from "../modules/reports/index.ts";
import { logFlags } from "../modules/risk/index.ts";
import type { Sql } from "../runtime/database.ts";
import { rotateEpochs } from "../runtime/idempotency.ts";
import type { Log } from "../runtime/log.ts";

const PARTITION_MONTHS_AHEAD = 3;
const SWEEP_SECONDS = 5;
const HOUR_SECONDS = 3_600;

/** Starts to carry events from the outbox to all that subscribe. */
export function startEventRelay({ db, log, metrics }: { db: Sql; log: Log; metrics: Metrics }): Relay {
  const subscriptions = createSubscriptions();
  logFlags(subscriptions, log);
  return startRelay({
    db,
    log,
    subscriptions,
    onDelivered: (delivery) => metrics.countEvents(countDelivery(delivery)),
  });
}

function countDelivery({ delivered, failed }: Delivery): { delivered: number; failed: number; dead: number } {
  return { delivered, failed: failed === undefined ? 0 : 1, dead: failed?.isDead === true ? 1 : 0 };
}

interface UpkeepContext {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  readonly log: Log;
}

/** Makes what must be there before the first request, then keeps it up. */
export async function startUpkeep(config: Config, context: UpkeepContext): Promise<Schedule> {
  const { db, log } = context;
  await createPartitions(db, PARTITION_MONTHS_AHEAD); // the program may have been off since last month
  return startSchedule({ db, log, tasks: listTasks(config, context) });
}

function listTasks(config: Config, { db, desk, assets, log }: UpkeepContext): Task[] {
  return [
    {
      name: "create_partitions",
      everySeconds: 24 * HOUR_SECONDS,
      run: () => createPartitions(db, PARTITION_MONTHS_AHEAD),
    },
    {
      name: "rotate_idempotency_epochs",
      everySeconds: HOUR_SECONDS,
      run: () => rotateEpochs(db, config.IDEMPOTENCY_KEEP_DAYS),
    },
    { name: "expire_holds", everySeconds: SWEEP_SECONDS, run: () => expireHolds({ db, desk }) },
    { name: "forget_webhooks", everySeconds: 24 * HOUR_SECONDS, run: () => forgetOldWebhooks(db) },
    {
      name: "check_integrity",
      everySeconds: config.INTEGRITY_CHECK_SECONDS,
      run: () => watchIntegrity({ db, log }),
    },
    ...listRateTasks(config, { db, assets }),
  ];
}

function listRateTasks(config: Config, { db, assets }: { db: Sql; assets: Assets }): Task[] {
  if (config.EXCHANGE_RATE_URL === undefined) return [];
  const source = createHttpRateSource(config.EXCHANGE_RATE_URL);
  const everySeconds = config.EXCHANGE_RATE_INTERVAL_SECONDS;
  const run = (signal: AbortSignal) => updateExchangeRates({ db, assets, source }, signal);
  return [{ name: "fetch_exchange_rates", everySeconds, run }];
}
