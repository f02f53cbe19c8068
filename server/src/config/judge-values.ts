// Finds errors beyond each value's type: secrets that are too short, URLs of the wrong kind, keys set without others they need.
import type { Config } from "./config.ts";
import { findUnsafeAccess } from "./judge-access.ts";
import { findUnsafePayments } from "./judge-payments.ts";
import { findUnsafeSupply } from "./judge-supply.ts";

/** Errors that must stop the start, in words; empty where all is well. */
export function findUnsafeValues(config: Config): string[] {
  const problems: string[] = [];
  problems.push(...findUnsafeAccess(config));
  problems.push(...findUnsafePayments(config));
  problems.push(...findUnsafeSupply(config));
  problems.push(...findShortSecrets(config));
  if (config.DB_URL !== undefined) problems.push(...findUrlProblems(config.DB_URL));
  const sentinel = config.SENTINEL_ENDPOINT;
  if ((sentinel === undefined) !== (config.SENTINEL_TOKEN === undefined))
    problems.push("SENTINEL_ENDPOINT and SENTINEL_TOKEN must be set together");
  if (config.METRICS_PORT === config.PORT && config.PORT !== 0)
    problems.push("METRICS_PORT must be another port than PORT");
  if (config.METRICS_TOKEN !== undefined && config.METRICS_TOKEN.length < 16)
    problems.push("METRICS_TOKEN must have at least 16 characters");
  if (config.HTTP_BODIES_MAX_BYTES < config.BODY_LIMIT_BYTES)
    problems.push("HTTP_BODIES_MAX_BYTES must be at least BODY_LIMIT_BYTES");
  return problems;
}

/** Outside production, a note says that they are easy to guess. */
function findShortSecrets(config: Config): string[] {
  if (config.APP_ENV !== "production") return [];
  const lengths = { JWT_SECRET_KEY: 32, API_KEY_V1: 32 } as const;
  const names = Object.keys(lengths) as (keyof typeof lengths)[];
  return names
    .filter((name) => config[name] !== undefined && Buffer.byteLength(config[name]) < lengths[name])
    .map((name) => `${name} must have at least ${lengths[name]} bytes`);
}

/** Without the URL's text, which holds a password. */
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
