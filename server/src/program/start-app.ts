// The running program: database, migrations, book, HTTP. `startApp` brings it up in order and hands back how to stop it.
import { resolve } from "node:path";
import { type Config, ConfigError } from "../config/config.ts";
import { splitList } from "../config/keys/access.ts";
import { addDocs } from "../http/docs.ts";
import { addHealthRoutes } from "../http/health.ts";
import { createHttpServer, type HttpServer } from "../http/http-server.ts";
import { createMetrics, type Metrics } from "../http/metrics.ts";
import { bankingRoutes, readStepUpLimits } from "../modules/banking/index.ts";
import { openCommandDesk } from "../modules/desk/index.ts";
import { loadAssets } from "../modules/ledger/index.ts";
import { followPayments } from "../modules/orders/index.ts";
import { integrityRoutes } from "../modules/reports/index.ts";
import { openRiskGuard, readRules, riskRoutes } from "../modules/risk/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";
import { runBackwards, type StopSteps } from "../runtime/stop-steps.ts";
import { openVault, type Vault } from "../runtime/vault/vault.ts";
import { startEventRelay, startUpkeep } from "./background.ts";
import { findSettingProblems } from "./check-settings.ts";
import { addGauges } from "./gauges.ts";
import { openAccess, readRateLimits } from "./open-access.ts";
import { openAudit } from "./open-audit.ts";
import { type Databases, LANES, openDatabases } from "./open-databases.ts";
import { openInventory } from "./open-inventory.ts";
import { openOrders } from "./open-orders.ts";
import { openPayments } from "./open-payments.ts";
import { openShop } from "./open-shop.ts";
import { readTokenSettings } from "./token-settings.ts";

export interface App {
  readonly url: string;
  readonly server: HttpServer;
  readonly db: Sql;
  /** How to reach the database with psql. */
  readonly databaseHint: string;
  /** Stops accepting, commits what is queued, closes. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts everything that the configuration asks for.
 * @param opening the databases, where they are being opened already
 * @throws ConfigError, DatabaseUnreachableError, EmbeddedPostgresError: one line each, saying what to do
 */
export async function startApp(config: Config, log: Log, opening = openDatabases(config, log)): Promise<App> {
  const problems = findSettingProblems(config);
  const databases = await opening;
  const steps: StopSteps = [databases.close];
  const stop = () => runBackwards(steps);
  try {
    if (problems.length > 0) throw new ConfigError(problems);
    const { server, url } = await serve(config, { log, steps, ...databases });
    return { url, server, db: databases.db, databaseHint: databases.hint, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface ServeContext extends Databases {
  readonly log: Log;
  readonly steps: StopSteps;
}

async function serve(config: Config, context: ServeContext): Promise<{ server: HttpServer; url: string }> {
  const { log, steps, db, batchDb } = context;
  const metrics = createMetrics();
  const vault = await openVault(db, {
    encryptionKey: config.ENCRYPTION_KEY,
    previousKey: config.ENCRYPTION_KEY_PREVIOUS,
    dataDir: resolve(config.DATA_DIR),
  });
  const audit = openAudit(config, { db, vault, log });
  steps.push(audit.stop);
  let stopping = false;
  const localTokens = config.APP_ENV === "production" ? undefined : readTokenSettings(config);
  const access = await openAccess(config, { db, log, vault, localTokens });
  steps.push(() => access.close());
  const server = await createHttpServer({
    log,
    metrics,
    authenticator: access.authenticator,
    onRefused: access.onRefused,
    edge: { trustedHosts: splitList(config.TRUSTED_HOSTS), corsOrigins: splitList(config.CORS_ORIGINS) },
    rateLimits: readRateLimits(config),
    trustedProxies: splitList(config.TRUSTED_PROXIES),
    recordCommand: audit.recordCommand,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
  });
  addGauges(metrics, { db, poolSize: config.DB_POOL_SIZE, isAuditFailing: audit.isFailing });
  const { banking, payments, ...book } = await openBanking(config, { ...context, batchDb, metrics, vault });
  const shop = openShop(config, { db, log, ...book });
  steps.push(shop.stop);
  const orders = openOrders(config, { db, log, vault, ...book, cardProvider: payments.cardProvider });
  payments.setListener(followPayments());
  steps.push(orders.stop);
  const routes = [
    access.routes,
    ...banking,
    riskRoutes({ db, vault }),
    integrityRoutes({ db }),
    audit.routes,
    ...shop.routes,
    ...orders.routes,
  ];
  await addDocs(server);
  access.addRootRoutes(server);
  const listDegraded = () =>
    audit.isFailing() ? ["audit trail: entries wait to be chained, see the log"] : [];
  addHealthRoutes(server, { db, metrics, isStopping: () => stopping, listDegraded });
  for (const prefix of ["/api/v1", ""]) {
    await server.register(
      async (scope) => {
        if (prefix === "") hideFromDocs(scope as HttpServer);
        for (const addRoutes of routes) addRoutes(scope as HttpServer);
      },
      { prefix },
    );
  }
  const url = await server.listen({ host: config.HOST, port: config.PORT });
  payments.startSandbox(url);
  steps.push(async () => {
    stopping = true;
    await server.close();
  });
  return { server, url };
}

async function openBanking(
  config: Config,
  { db, batchDb, log, steps, metrics, vault }: ServeContext & { metrics: Metrics; vault: Vault },
) {
  const rules = readRules(config.RISK_RULES);
  if (typeof rules === "string") throw new ConfigError([rules]);
  const stepUpLimits = readStepUpLimits(config.STEP_UP_LIMITS);
  if (typeof stepUpLimits === "string") throw new ConfigError([stepUpLimits]);
  const assets = await loadAssets(db);
  const relay = startEventRelay({ db, log, metrics });
  steps.push(() => relay.stop());
  const inventory = openInventory(config, { db, log, assets });
  steps.push(inventory.stop);
  const payments = await openPayments(config, { db, log, assets });
  const desk = openCommandDesk({
    db: batchDb,
    assets,
    lanesMax: LANES,
    batchItemsMax: config.BATCH_ITEMS_MAX * 2, // a posting weighs two stamps: its transfer, or its refusal
    queueItemsMax: config.BATCH_QUEUE_MAX * 2,
    onBatch: metrics.observeBatch,
  });
  desk.afterCommit(({ transactions, events, stockIds }) => {
    for (const transaction of transactions) metrics.countTransaction(transaction);
    if (events.length > 0) relay.notice(events);
    if (events.length > 0) payments.notice(events);
    if (stockIds.length > 0) inventory.notice(stockIds);
  });
  const risk = openRiskGuard(rules);
  steps.push(() => desk.close());
  const upkeep = await startUpkeep(config, { db, desk, assets, log });
  steps.push(() => upkeep.stop());
  const paymentRoutes = payments.start(desk);
  steps.push(payments.stop);
  const banking = [
    bankingRoutes({ db, vault, assets, desk, risk, apiKey: config.API_KEY_V1, stepUpLimits }),
    inventory.routes(desk),
    paymentRoutes,
  ];
  return { banking, payments, assets, desk, stockOf: inventory.stockOf, checkStock: inventory.checkStock };
}

/** Paths without /api/v1 are aliases of the current version; the document shows each route once. */
function hideFromDocs(scope: HttpServer): void {
  scope.addHook("onRoute", (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}
