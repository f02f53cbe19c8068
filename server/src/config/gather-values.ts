// Finds each key's text among the sources, under its own name or another, and remembers by which name it came, so that a
// complaint names what the user wrote.
import { ownOf } from "../values/own-of.ts";
import { CONFIG_KEYS } from "./config.ts";
import type { Alias, ConfigKey } from "./key.ts";

/** What one source says, by name; what is empty counts as not said. */
export type Values = Readonly<Record<string, string | undefined>>;

export interface Gathered {
  /** Texts by the keys' own names, in their own units. */
  readonly given: Map<string, string>;
  /** The other name under which a key's text came, by the key's own; of one made of parts, what tells of the parts. */
  readonly givenAs: Map<string, string>;
  readonly problems: readonly string[];
  /** Sentences about what is not used. */
  readonly notes: readonly string[];
}

/** Whole families of which a later version may read more: a name of theirs that is no key is told, and stops nothing. */
const FAMILIES = ["AZURE_AD_", "SENTINEL_"];

export function isOfFamily(name: string): boolean {
  return FAMILIES.some((family) => name.startsWith(family));
}

/** @param sources the strongest first: what it says by any name beats the others */
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

/** Names of a family that are no key. */
export function findStrangers(sources: readonly Values[]): string[] {
  const known = new Set(listNames());
  const names = sources.flatMap((source) =>
    Object.entries(source).flatMap(([name, text = ""]) => (text.trim() === "" ? [] : [name])),
  );
  return [...new Set(names)].filter((name) => isOfFamily(name) && !known.has(name));
}

/** Every name under which a value may come. */
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
