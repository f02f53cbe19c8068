// The only reader of the environment: unknown keys of .env and values that cannot be used are named at start, all at once.
import { resolve } from "node:path";
import { CONFIG_KEYS, type Config } from "./config.ts";
import { deriveValues } from "./derive-values.ts";
import { ConfigError, readEnvFile } from "./env-file.ts";
import { describeWeakSecrets, takeExampleSecrets } from "./example-secrets.ts";
import { findStrangers, gatherValues, isOfFamily, listNames, nameAsGiven } from "./gather-values.ts";
import { describeSupplyOddities } from "./judge-supply.ts";
import { findUnsafeValues } from "./judge-values.ts";
import type { ConfigKey } from "./key.ts";
import { readValue } from "./read-value.ts";

export interface ConfigSource {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly envFile?: string;
}

export interface ReadConfig {
  readonly config: Config;
  /** Sentences for whoever starts the program: what is given and does nothing, and what production would refuse. */
  readonly notes: readonly string[];
  /** Names each setting as the user wrote it, in a sentence about it. */
  readonly nameAsGiven: (problems: readonly string[]) => string[];
}

/**
 * Reads `.env` (if there is one) and the environment, which wins.
 * @throws ConfigError naming every unknown key of `.env` and every malformed value.
 */
export function loadConfig(source: ConfigSource = {}): Config {
  return readConfig(source).config;
}

/** The same, with what there is to say of it. @throws ConfigError */
export function readConfig(source: ConfigSource = {}): ReadConfig {
  const environment = source.environment ?? process.env;
  const { values: file, problems } = readEnvFile(source.envFile ?? resolve(".env"));
  problems.push(...findUnknownKeys(file));
  const sources = [environment, file];
  const gathered = gatherValues(sources);
  const notes = [...gathered.notes];
  const found = [...gathered.problems];
  deriveValues(gathered, { notes, problems: found });
  takeExampleSecrets(gathered.given, notes);
  const values = CONFIG_KEYS.map((key: ConfigKey) => [
    key.name,
    readValue(key, gathered.given.get(key.name), found),
  ]);
  const config = Object.fromEntries(values) as Config;
  found.push(...findUnsafeValues(config));
  const rename = (sentences: readonly string[]) => nameAsGiven(sentences, gathered.givenAs);
  problems.push(...rename(found));
  if (problems.length > 0) throw new ConfigError(problems);
  notes.push(
    ...findStrangers(sources).map((name) => `${name} is taken and does nothing: it is no setting here`),
  );
  return {
    config,
    notes: rename([...notes, ...describeWeakSecrets(config), ...describeSupplyOddities(config)]),
    nameAsGiven: rename,
  };
}

function findUnknownKeys(file: Readonly<Record<string, string>>): string[] {
  const known = new Set(listNames());
  return Object.keys(file)
    .filter((name) => !known.has(name) && !isOfFamily(name))
    .map((name) => `.env has the unknown key ${name} (docs/configuration.md lists them all)`);
}
