// The running program: database, modules, HTTP. `startApp` starts it in order and returns the way to stop it.

import type { Config } from "../config/config.ts";
import { PUBLIC_URL_DEFAULT } from "../config/keys/access.ts";
import { splitList } from "../config/split-list.ts";
import { createAuthenticator, createLocalVerifier } from "../http/authenticate.ts";
import { createHttpServer, type HttpServer, type Routes } from "../http/http-server.ts";
import type { RateLimits } from "../http/limits/rate-limit.ts";
import { addDocs } from "../http/operations/docs.ts";
import { addHealthRoutes, type HealthOptions } from "../http/operations/health.ts";
import { createMetrics, type Metrics } from "../http/operations/metrics.ts";
import { addMetricsRoute, openMetricsServer } from "../http/operations/metrics-door.ts";
import { startSchedule } from "../modules/jobs/index.ts";
import type { Sql } from "../runtime/database.ts";
import { isForPeople, type Log } from "../runtime/log.ts";
import { runBackwards, type StopSteps } from "../runtime/stop-steps.ts";
import { openVault } from "../runtime/vault/vault.ts";
import { openWriteCheck } from "../runtime/write-check.ts";
import { TARGETS, type Target } from "../targets.ts";
import { addGauges, listDatabaseGauges } from "./gauges.ts";
import { judgeSettings } from "./judge-settings.ts";
import {
  listChecks,
  listSetTimesBack,
  type OpenedModules,
  openModules,
  readSettings,
} from "./module-list.ts";
import { type Databases, LANES, openDatabases } from "./open-databases.ts";
import { openHome } from "./open-home.ts";
import { readTokenSettings } from "./token-settings.ts";
import { readVaultOptions } from "./vault-options.ts";

export { judgeSettings };

export interface App {
  readonly url: string;
  readonly server: HttpServer;
  readonly db: Sql;
  /** How to reach the database with psql. */
  readonly databaseHint: string;
  /** Stops accepting requests, commits what is queued, closes. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts everything that the configuration asks for.
 * @param opening the databases, where their opening has begun already
 * @throws ConfigError, DatabaseUnreachableError, EmbeddedPostgresError: one line each, saying what to do
 */
export async function startApp(
  config: Config,
  log: Log,
  opening = openDatabases(config, log, async (database) => judgeSettings(config, database)),
): Promise<App> {
  const databases = await opening;
  const steps: StopSteps = [databases.close];
  const stop = () => runBackwards(steps);
  try {
    const opened = await open(config, { log, steps, ...databases });
    return { ...opened, db: databases.db, databaseHint: databases.hint, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Opening extends Databases {
  readonly log: Log;
  /** The clean-up steps at the end, last first. */
  readonly steps: StopSteps;
}

async function open(config: Config, opening: Opening): Promise<{ server: HttpServer; url: string }> {
  const { log, steps, db, batchDb } = opening;
  const metrics = createMetrics();
  const vault = await openVault(db, readVaultOptions(config));
  const host = {
    db,
    batchDb,
    lanes: LANES,
    log,
    vault,
    metrics,
    checks: listChecks(),
    setTimesBack: listSetTimesBack(),
  };
  const modules = await openModules(host, readSettings(config));
  steps.push(modules.close);
  const server = await openServer(config, { log, metrics, modules });
  addGauges(metrics, [
    ...modules.opened.flatMap(({ gauges = [] }) => gauges),
    ...listDatabaseGauges(db, config.DB_POOL_SIZE),
  ]);
  let stopping = false;
  const writeCheck = openWriteCheck(db);
  const health: HealthOptions = {
    checkWrites: () => Promise.all([writeCheck(), ...modules.opened.map(({ checkReady }) => checkReady?.())]),
    isStopping: () => stopping,
    listDegraded: () => modules.opened.flatMap(({ listDegraded }) => listDegraded?.() ?? []),
  };
  addHealthRoutes(server, health);
  openHome(server, config, { health, reports: modules.services.reports });
  await openMetricsDoor(config, { server, metrics, steps });
  await addRoutes(server, modules);
  startWorkers(TARGETS.all, { ...opening, modules });
  const url = await server.listen({ host: config.HOST, port: config[TARGETS.all.ports[0]] });
  for (const { onListening } of modules.opened) onListening?.(url);
  steps.push(async () => {
    stopping = true;
    await server.close();
  });
  return { server, url };
}

async function openServer(
  config: Config,
  { log, metrics, modules: { services } }: { log: Log; metrics: Metrics; modules: OpenedModules },
): Promise<HttpServer> {
  const { identity, audit } = services;
  const localTokens = config.APP_ENV === "production" ? undefined : readTokenSettings(config);
  const takesBare = config.APP_ENV === "development";
  const local = localTokens === undefined ? [] : [createLocalVerifier(localTokens, { takesBare })];
  const { LOG_REQUESTS: requests } = config;
  const isRequestTold = requests === "on" || (requests === "auto" && isForPeople(config.LOG_FORMAT));
  const server = await createHttpServer({
    log,
    requestLevel: isRequestTold ? "info" : "debug",
    metrics,
    authenticator: createAuthenticator([...identity.verifiers, ...local]),
    onRefused: identity.onRefused,
    edge: { trustedHosts: splitList(config.TRUSTED_HOSTS), corsOrigins: splitList(config.CORS_ORIGINS) },
    rateLimits: readRateLimits(config),
    trustedProxies: splitList(config.TRUSTED_PROXIES),
    isDirect: config.HTTP_DIRECT,
    streams: {
      credit: config.STREAM_CREDIT,
      perCaller: config.STREAM_PER_CALLER,
      idleMs: config.STREAM_IDLE_MS,
    },
    recordCommand: audit.recordCommand,
    timeZone: config.SHOP_TIME_ZONE,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    bounds: {
      connectionsMax: config.HTTP_CONNECTIONS_MAX,
      bodiesMax: config.HTTP_BODIES_MAX_BYTES,
      unreadMax: config.HTTP_UNREAD_MAX_BYTES,
    },
  });
  await addDocs(server, () => {
    const isGuess = config.PORT === 0 && config.PUBLIC_URL === PUBLIC_URL_DEFAULT;
    return isGuess ? server.listeningOrigin : config.PUBLIC_URL;
  });
  return server;
}

/** /metrics at a separate address where METRICS_PORT is set. */
async function openMetricsDoor(
  { METRICS_HOST: host, METRICS_PORT: port, METRICS_TOKEN: token }: Config,
  { server, metrics, steps }: { server: HttpServer; metrics: Metrics; steps: StopSteps },
): Promise<void> {
  const door = { metrics, token };
  if (port === undefined) return addMetricsRoute(server, door);
  const own = await openMetricsServer(door, { host, port });
  steps.push(async () => {
    own.close();
    own.closeAllConnections();
  });
}

function readRateLimits({
  RATE_LIMIT_LOGIN: login,
  RATE_LIMIT_ANONYMOUS: anonymous,
  RATE_LIMIT_USER: user,
  RATE_LIMIT_MONEY: money,
  RATE_LIMIT_STAFF: staff,
  RATE_LIMIT_KEY: key,
}: Config): RateLimits {
  return { login, anonymous, user, money, staff, key };
}

/** Below /api/v1; paths without it are aliases of the current version, and the document shows each route once. */
async function addRoutes(server: HttpServer, { opened }: OpenedModules): Promise<void> {
  for (const { rootRoutes = [] } of opened) for (const add of rootRoutes) add(server);
  const routes: readonly Routes[] = [
    server.addStreamRoute,
    ...opened.flatMap((module) => module.routes ?? []),
  ];
  for (const prefix of ["/api/v1", ""]) {
    await server.register(
      async (scope) => {
        if (prefix === "") hideFromDocs(scope as HttpServer);
        for (const add of routes) add(scope as HttpServer);
      },
      { prefix },
    );
  }
}

function hideFromDocs(scope: HttpServer): void {
  scope.addHook("onRoute", (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}

/** The scheduled tasks of the modules. */
function startWorkers(
  { workers }: Target,
  { db, log, steps, modules: { opened } }: Opening & { modules: OpenedModules },
): void {
  if (!workers) return;
  for (const { start } of opened) start?.();
  const schedule = startSchedule({ db, log, tasks: opened.flatMap(({ tasks = [] }) => tasks) });
  steps.push(schedule.stop);
}
