// The only reader of the environment: it reports unknown keys of .env and unusable values at start, all at once.
import { resolve } from "node:path";
import { CONFIG_KEYS, type Config } from "./config.ts";
import { deriveValues } from "./derive-values.ts";
import { ConfigError, readEnvFile } from "./env-file.ts";
import { describeWeakSecrets, takeExampleSecrets } from "./example-secrets.ts";
import {
  findStrangers,
  gatherValues,
  isOfFamily,
  listNames,
  nameAsGiven,
  type Values,
} from "./gather-values.ts";
import { describeSupplyOddities } from "./judge-supply.ts";
import { findUnsafeValues } from "./judge-values.ts";
import type { ConfigKey } from "./key.ts";
import { readValue } from "./read-value.ts";

export interface ConfigSource {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly envFile?: string;
  /** The values from the command line, which win over both. */
  readonly options?: readonly GivenOption[];
}

/** A setting given as an option of the command line. */
export interface GivenOption {
  readonly key: string;
  /** "--port" */
  readonly option: string;
  readonly value: string;
}

export interface ReadConfig {
  /** Malformed values are replaced by the default, so that the rest can still be checked. */
  readonly config: Config;
  /** A sentence for every error that must be fixed before the program starts. */
  readonly problems: readonly string[];
  /** Warnings for the person who starts the program: settings without effect, and values that production would refuse. */
  readonly notes: readonly string[];
  /** Replaces setting names in a sentence by the names that the user wrote. */
  readonly nameAsGiven: (problems: readonly string[]) => string[];
}

/**
 * Reads `.env` (if it exists) and the environment, which wins.
 * @throws ConfigError naming every unknown key of `.env` and every malformed value.
 */
export function loadConfig(source: ConfigSource = {}): Config {
  const { config, problems } = readConfig(source);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The same for callers with more checks: also returns the messages. @throws ConfigError where .env cannot be read */
export function readConfig(source: ConfigSource = {}): ReadConfig {
  const environment = source.environment ?? process.env;
  const { values: file, problems } = readEnvFile(source.envFile ?? resolve(".env"));
  problems.push(...findUnknownKeys(file));
  const read = readSources([environment, file], source.options);
  return { ...read, problems: [...problems, ...read.problems] };
}

/**
 * The named settings for a program beside the server, only from the environment: its other variables are ignored, and
 * an unknown APP_ENV counts as production.
 * @throws ConfigError
 */
export function readEnvironment(names: readonly (keyof Config)[]): ReadConfig {
  const keys: readonly ConfigKey[] = CONFIG_KEYS.filter(({ name }) => names.includes(name));
  const given = new Map(Object.entries(process.env));
  const environment = Object.fromEntries(listNames(keys).map((name) => [name, given.get(name)]));
  const place = (given.get("APP_ENV") ?? "").toLowerCase() || "development";
  const APP_ENV = /^(development|test)$/.test(place) ? place : "production";
  const read = readSources([{ ...environment, APP_ENV }]);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return read;
}

function readSources(said: readonly Values[], options: readonly GivenOption[] = []): ReadConfig {
  const problems: string[] = [];
  const sources = [Object.fromEntries(options.map(({ key, value }) => [key, value])), ...said];
  const gathered = gatherValues(sources);
  const notes = [...gathered.notes];
  const found = [...gathered.problems];
  deriveValues(gathered, { notes, problems: found });
  takeExampleSecrets(gathered.given, notes);
  const { config, malformed } = readValues(gathered.given);
  found.push(...malformed);
  const givenAs = new Map([
    ...gathered.givenAs,
    ...options.map(({ key, option }) => [key, `${key} (${option})`] as const),
  ]);
  const rename = (sentences: readonly string[]) => nameAsGiven(sentences, givenAs);
  problems.push(...rename(found));
  notes.push(
    ...findStrangers(sources).map((name) => `${name} is taken and does nothing: it is no setting here`),
  );
  return {
    config,
    problems,
    notes: rename([...notes, ...describeWeakSecrets(config), ...describeSupplyOddities(config)]),
    nameAsGiven: rename,
  };
}

/** First checks each key, then all together: a malformed text is checked as it was given, and reported once. */
function readValues(given: ReadonlyMap<string, string>): { config: Config; malformed: string[] } {
  const readings = CONFIG_KEYS.map((key: ConfigKey) => ({ key, ...readValue(key, given.get(key.name)) }));
  const malformed = readings.flatMap(({ key, problem }) =>
    problem === undefined ? [] : [`${key.name} ${problem}`],
  );
  const asGiven = readings.map(({ key, value, problem }) =>
    problem !== undefined && key.type === "string" ? [key.name, given.get(key.name)] : [key.name, value],
  );
  const told = readings.flatMap(({ key, problem }) => (problem === undefined ? [] : [`${key.name} must `]));
  const unsafe = findUnsafeValues(Object.fromEntries(asGiven) as Config);
  malformed.push(...unsafe.filter((problem) => !told.some((beginning) => problem.startsWith(beginning))));
  const config = Object.fromEntries(readings.map(({ key, value }) => [key.name, value])) as Config;
  return { config, malformed };
}

function findUnknownKeys(file: Readonly<Record<string, string>>): string[] {
  const known = new Set(listNames());
  return Object.keys(file)
    .filter((name) => !known.has(name) && !isOfFamily(name))
    .map((name) => `.env has the unknown key ${name} (docs/configuration.md lists them all)`);
}
