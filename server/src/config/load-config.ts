// The only reader of the environment: unknown keys of .env and values that cannot be used are named at start, all at once.
import { resolve } from "node:path";
import { ownOf } from "../values/own-of.ts";
import { CONFIG_KEYS, type Config } from "./config.ts";
import { ConfigError, readEnvFile } from "./env-file.ts";
import { findUnsafeValues } from "./judge-values.ts";
import type { ConfigKey } from "./key.ts";
import { readValue } from "./read-value.ts";

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
  const values = CONFIG_KEYS.map((key: ConfigKey) => [
    key.name,
    readValue(key, ownOf(given, key.name), problems),
  ]);
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
