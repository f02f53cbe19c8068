// The only reader of the environment: every key with its type, default and one sentence. Unknown keys in .env and
// malformed values are named at start, all at once. `docs/configuration.md` is generated from CONFIG_KEYS.
import { resolve } from "node:path";
import { ConfigError, readEnvFile } from "./env-file.ts";
import { ACCESS_KEYS, findUnsafeAccess } from "./keys/access.ts";
import { findUnsafePayments, PAYMENT_KEYS } from "./keys/payments.ts";
import { RISK_KEYS } from "./keys/risk.ts";
import { SHOP_KEYS } from "./keys/shop.ts";
import { findUnsafeSupply, SUPPLY_KEYS } from "./keys/supply.ts";
import { readValue } from "./read-value.ts";

export { ConfigError };

export type ConfigType = "string" | "integer" | "boolean" | "choice" | "json";

export interface ConfigKey {
  readonly name: string;
  readonly group: string;
  readonly type: ConfigType;
  readonly default: string | undefined;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly secret?: boolean;
}

export const CONFIG_KEYS = [
  {
    name: "APP_ENV",
    group: "Program",
    type: "choice",
    choices: ["development", "test", "production"],
    default: "development",
    description: "What the program runs as; production refuses defaults that are only fit for trying out.",
  },
  {
    name: "LOG_LEVEL",
    group: "Program",
    type: "choice",
    choices: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    default: "info",
    description: "The least severe log lines written; each successful request is a debug line.",
  },
  {
    name: "DATA_DIR",
    group: "Program",
    type: "string",
    default: "data",
    description:
      "Folder of the embedded PostgreSQL and of generated keys, relative to where the program is started.",
  },
  {
    name: "HOST",
    group: "HTTP",
    type: "string",
    default: "127.0.0.1",
    description: "Address to listen on; 0.0.0.0 opens the port to other machines.",
  },
  {
    name: "PORT",
    group: "HTTP",
    type: "integer",
    minimum: 0,
    maximum: 65_535,
    default: "8000",
    description: "Port to listen on; 0 takes any free one.",
  },
  {
    name: "BODY_LIMIT_BYTES",
    group: "HTTP",
    type: "integer",
    minimum: 1_024,
    maximum: 67_108_864,
    default: "4194304",
    description: "Largest accepted request body.",
  },
  {
    name: "REQUEST_TIMEOUT_MS",
    group: "HTTP",
    type: "integer",
    minimum: 100,
    maximum: 600_000,
    default: "30000",
    description: "Time a client has to send a whole request, and a statement to run in the database.",
  },
  {
    name: "SHUTDOWN_TIMEOUT_MS",
    group: "HTTP",
    type: "integer",
    minimum: 100,
    maximum: 600_000,
    default: "15000",
    description: "Time that requests under way have to finish at shutdown.",
  },
  {
    name: "DB_URL",
    group: "Database",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "URL of a PostgreSQL 15 or later; without it the program starts its own in DATA_DIR. DATABASE_URL is read too.",
  },
  {
    name: "DB_POOL_SIZE",
    group: "Database",
    type: "integer",
    minimum: 2,
    maximum: 500,
    default: "10",
    description: "Connections for reads and single commands.",
  },
  {
    name: "DB_CONNECT_RETRY_SECONDS",
    group: "Database",
    type: "integer",
    minimum: 0,
    maximum: 3_600,
    default: "30",
    description: "How long the start keeps trying to reach a database that does not answer.",
  },
  {
    name: "BATCH_ITEMS_MAX",
    group: "Group commit",
    type: "integer",
    minimum: 1,
    maximum: 8_000,
    default: "1000",
    description: "Most commands that one database transaction commits together.",
  },
  {
    name: "BATCH_QUEUE_MAX",
    group: "Group commit",
    type: "integer",
    minimum: 1,
    maximum: 1_000_000,
    default: "16000",
    description: "Most commands waiting for a batch; beyond it the answer is 503 with Retry-After.",
  },
  {
    name: "IDEMPOTENCY_KEEP_DAYS",
    group: "Group commit",
    type: "integer",
    minimum: 1,
    maximum: 90,
    default: "2",
    description: "Full days for which an idempotency key and its answer are kept.",
  },
  {
    name: "JWT_SECRET_KEY",
    group: "Access",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "Secret of at least 32 bytes that signs access tokens (HS256); generated into DATA_DIR when unset.",
  },
  {
    name: "JWT_AUDIENCE",
    group: "Access",
    type: "string",
    default: "countinghouse",
    description: "The audience that an access token must name.",
  },
  {
    name: "ENCRYPTION_KEY",
    group: "Access",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "Key that wraps the data keys, 32 bytes in base64 or hex; generated into DATA_DIR (mode 0600) when unset.",
  },
  {
    name: "ENCRYPTION_KEY_PREVIOUS",
    group: "Access",
    type: "string",
    default: undefined,
    secret: true,
    description: "The key before ENCRYPTION_KEY, while `countinghouse keys rotate` re-wraps the data keys.",
  },
  ...ACCESS_KEYS,
  ...RISK_KEYS,
  {
    name: "EXCHANGE_RATE_URL",
    group: "Exchange",
    type: "string",
    default: undefined,
    description:
      'URL that answers exchange rates as JSON, {"base":"EUR","rates":{"USD":"1.0834"}}; unset, rates are set by hand alone.',
  },
  {
    name: "EXCHANGE_RATE_INTERVAL_SECONDS",
    group: "Exchange",
    type: "integer",
    minimum: 10,
    maximum: 86_400,
    default: "3600",
    description: "How often exchange rates are fetched.",
  },
  {
    name: "INTEGRITY_CHECK_SECONDS",
    group: "Audit",
    type: "integer",
    minimum: 10,
    maximum: 86_400,
    default: "300",
    description: "How often ledger, stock, payments and orders are checked against each other.",
  },
  {
    name: "AUDIT_LOG_NAME",
    group: "Audit",
    type: "string",
    default: "countinghouse.local",
    description:
      "What the names of the transparency logs begin with, usually the host that publishes them; never changed later.",
  },
  {
    name: "AUDIT_SIGNING_KEY",
    group: "Audit",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "Ed25519 key that signs checkpoints, 32 bytes in base64 or hex; generated into DATA_DIR (mode 0600) when unset.",
  },
  {
    name: "AUDIT_CHECKPOINT_SECONDS",
    group: "Audit",
    type: "integer",
    minimum: 1,
    maximum: 86_400,
    default: "10",
    description:
      "How often a checkpoint of the trail and of the transfers is signed, where there is anything new.",
  },
  {
    name: "AUDIT_CHECKPOINT_DIR",
    group: "Audit",
    type: "string",
    default: undefined,
    description:
      "Folder into which every checkpoint is published too; copy it out of the reach of this machine.",
  },
  {
    name: "SENTINEL_ENDPOINT",
    group: "Audit",
    type: "string",
    default: undefined,
    description: "URL of a Microsoft Sentinel log ingestion endpoint; the trail is sent there as it grows.",
  },
  {
    name: "SENTINEL_TOKEN",
    group: "Audit",
    type: "string",
    default: undefined,
    secret: true,
    description: "Bearer token for SENTINEL_ENDPOINT.",
  },
  {
    name: "API_KEY_V1",
    group: "Secure records",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "Key of at least 32 bytes that signs secure transaction records; without it none can be made.",
  },
  {
    name: "EXPORT_DIR",
    group: "Export",
    type: "string",
    default: "exports",
    description: "Folder for exports whose --out is a bare file name.",
  },
  {
    name: "MAX_EXPORT_ROWS",
    group: "Export",
    type: "integer",
    minimum: 1,
    maximum: 1_000_000_000,
    default: "1000000",
    description: "Most rows one export writes before it stops and says so.",
  },
  ...PAYMENT_KEYS,
  ...SHOP_KEYS,
  ...SUPPLY_KEYS,
] as const satisfies readonly ConfigKey[];

type Key = (typeof CONFIG_KEYS)[number];
type ValueOf<K extends Key> = K["type"] extends "integer"
  ? number
  : K["type"] extends "boolean"
    ? boolean
    : K["type"] extends "json"
      ? unknown
      : K extends { choices: readonly (infer C)[] }
        ? C
        : string;
/** Every key's checked value; a key without default is undefined where it was not set. */
export type Config = {
  readonly [K in Key as K["name"]]: ValueOf<K> | (K["default"] extends undefined ? undefined : never);
};

export interface ConfigSource {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly envFile?: string;
}

/**
 * Reads `.env` (if there is one) and the environment, which wins.
 * @throws ConfigError naming every unknown key of `.env` and every malformed value.
 */
export function loadConfig(source: ConfigSource = {}): Config {
  const environment = source.environment ?? process.env;
  const { values: file, problems } = readEnvFile(source.envFile ?? resolve(".env"));
  const given = { ...withoutEmpty(file), ...withoutEmpty(environment) };
  given["DB_URL"] ??= given["DATABASE_URL"];
  const port = given["PORT"]?.trim() ?? "";
  if (/^[1-9]\d{0,4}$/.test(port)) given["PUBLIC_URL"] ??= `http://localhost:${port}`;
  problems.push(...findUnknownKeys(file));
  const values = CONFIG_KEYS.map((key: ConfigKey) => [key.name, readValue(key, given[key.name], problems)]);
  const config = Object.fromEntries(values) as Config;
  problems.push(...findUnsafeValues(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function withoutEmpty(
  values: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ""),
  );
}

function findUnknownKeys(file: Record<string, string>): string[] {
  const known = new Set<string>([...CONFIG_KEYS.map((key) => key.name), "DATABASE_URL"]);
  return Object.keys(file)
    .filter((name) => !known.has(name))
    .map((name) => `.env has the unknown key ${name} (docs/configuration.md lists them all)`);
}

function findUnsafeValues(config: Config): string[] {
  const problems: string[] = [];
  problems.push(...findUnsafeAccess(config));
  problems.push(...findUnsafePayments(config));
  problems.push(...findUnsafeSupply(config));
  const secret = config.JWT_SECRET_KEY;
  if (secret !== undefined && Buffer.byteLength(secret) < 32)
    problems.push("JWT_SECRET_KEY must have at least 32 bytes");
  if (config.DB_URL !== undefined) problems.push(...findUrlProblems(config.DB_URL));
  const sentinel = config.SENTINEL_ENDPOINT;
  if (sentinel !== undefined && !(/^https?:\/\//.test(sentinel) && URL.canParse(sentinel)))
    problems.push("SENTINEL_ENDPOINT must be a URL that begins with http:// or https://");
  if ((sentinel === undefined) !== (config.SENTINEL_TOKEN === undefined))
    problems.push("SENTINEL_ENDPOINT and SENTINEL_TOKEN must be set together");
  if (config.API_KEY_V1 !== undefined && Buffer.byteLength(config.API_KEY_V1) < 32)
    problems.push("API_KEY_V1 must have at least 32 bytes");
  const rates = config.EXCHANGE_RATE_URL;
  if (rates !== undefined && !(/^https?:\/\//.test(rates) && URL.canParse(rates)))
    problems.push("EXCHANGE_RATE_URL must be a URL that begins with http:// or https://");
  return problems;
}

/** Without its text, which holds a password. */
function findUrlProblems(url: string): string[] {
  if (!/^postgres(ql)?:\/\//.test(url)) return ["DB_URL must begin with postgres:// or postgresql://"];
  const problem =
    "DB_URL cannot be read: write postgres://user:password@host:port/name, with special characters of user and password percent-encoded (@ is %40, % is %25), a socket as postgres://user@localhost/name?host=/folder";
  try {
    const { username, password, pathname } = new URL(url);
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return [];
  } catch {
    return [problem];
  }
}
