// Finds each key's text in the sources, under its own name or another, and remembers which name was used, so that an
// error message names what the user wrote.
import { ownOf } from "../values/own-of.ts";
import { CONFIG_KEYS } from "./config.ts";
import type { Alias, ConfigKey } from "./key.ts";

/** The values of one source, by name; empty ones count as not set. */
export type Values = Readonly<Record<string, string | undefined>>;

export interface Gathered {
  /** Texts by the keys' own names, in the keys' own units. */
  readonly given: Map<string, string>;
  /** The other name that supplied a key's text, by the key's name; for a key made of parts, a name for the parts. */
  readonly givenAs: Map<string, string>;
  readonly problems: readonly string[];
  /** Sentences about unused values. */
  readonly notes: readonly string[];
}

/** Prefixes of settings that a later version may read: an unknown name with such a prefix is reported, but stops nothing. */
const FAMILIES = ["AZURE_AD_", "SENTINEL_"];

export function isOfFamily(name: string): boolean {
  return FAMILIES.some((family) => name.startsWith(family));
}

/** @param sources the strongest first: its value wins, under whichever name */
export function gatherValues(sources: readonly Values[]): Gathered {
  const gathered = {
    given: new Map<string, string>(),
    givenAs: new Map<string, string>(),
    problems: [] as string[],
    notes: [] as string[],
  };
  for (const key of CONFIG_KEYS) gatherKey(key, sources, gathered);
  return gathered;
}

interface Gathering {
  readonly given: Map<string, string>;
  readonly givenAs: Map<string, string>;
  readonly problems: string[];
  readonly notes: string[];
}

function gatherKey(key: ConfigKey, sources: readonly Values[], gathering: Gathering): void {
  const names: readonly Alias[] = [{ name: key.name }, ...(key.aliases ?? [])];
  for (const source of sources) {
    const [first, ...others] = names.flatMap((alias) => {
      const text = ownOf(source, alias.name) ?? "";
      return text.trim() === "" ? [] : [{ ...alias, text }];
    });
    if (first === undefined) continue;
    for (const { name, text } of others)
      if (text !== first.text) gathering.notes.push(`${name} is not used: ${first.name} is set too`);
    gathering.given.set(key.name, toOwnUnit(key, first, gathering.problems));
    if (first.name !== key.name) gathering.givenAs.set(key.name, first.name);
    if (key.later !== undefined)
      gathering.notes.push(`${key.name} is taken and does nothing yet: ${key.later}`);
    return;
  }
}

/** Seconds as the milliseconds of the key. */
function toOwnUnit(
  key: ConfigKey,
  { name, unit, text }: Alias & { text: string },
  problems: string[],
): string {
  if (unit === undefined) return text;
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = key;
  const ms = /^\d{1,9}(\.\d{1,3})?$/.test(text.trim()) ? Math.round(Number(text) * 1_000) : Number.NaN;
  if (ms >= minimum && ms <= maximum) return String(ms);
  problems.push(`${name} must be seconds from ${minimum / 1_000} to ${maximum / 1_000}, not "${text}"`);
  return key.default ?? "";
}

/** Names with a known prefix that are not a key. */
export function findStrangers(sources: readonly Values[]): string[] {
  const known = new Set(listNames());
  const names = sources.flatMap((source) =>
    Object.entries(source).flatMap(([name, text = ""]) => (text.trim() === "" ? [] : [name])),
  );
  return [...new Set(names)].filter((name) => isOfFamily(name) && !known.has(name));
}

/** Every name under which a value may be set. */
export function listNames(keys: readonly ConfigKey[] = CONFIG_KEYS): string[] {
  return keys.flatMap((key) => [key.name, ...(key.aliases ?? []).map(({ name }) => name)]);
}

/** The same sentences with the names that the user wrote. */
export function nameAsGiven(problems: readonly string[], givenAs: ReadonlyMap<string, string>): string[] {
  return problems.map((problem) =>
    [...givenAs].reduce(
      (text, [own, given]) => text.replace(new RegExp(`\\b${own}\\b`, "g"), given),
      problem,
    ),
  );
}
