// Reads one value of the configuration as its key's type, and says what is wrong with it.

import { ownOf } from "../values/own-of.ts";
import type { ConfigKey } from "./key.ts";

const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...{ true: true, "1": true, yes: true, on: true },
  ...{ false: false, "0": false, no: false, off: false },
};

/** Adds to `problems` where the text is malformed. */
export function readValue(key: ConfigKey, given: string | undefined, problems: string[]): unknown {
  const text = given ?? key.default;
  if (text === undefined) return undefined;
  const problem = describeMalformed(key, text);
  if (problem !== undefined) problems.push(`${key.name} ${problem}`);
  if (key.type === "integer") return Number(text);
  if (key.type === "boolean") return ownOf(BOOLEANS, text.toLowerCase());
  return key.type === "json" && problem === undefined ? JSON.parse(text) : text;
}

function describeMalformed(key: ConfigKey, text: string): string | undefined {
  const shown = key.secret === true ? "its value" : `"${text}"`;
  if (key.type === "choice" && !key.choices?.includes(text))
    return `must be one of ${key.choices?.join(", ")}, not ${shown}`;
  if (key.type === "boolean" && ownOf(BOOLEANS, text.toLowerCase()) === undefined)
    return `must be true or false, not ${shown}`;
  if (key.type === "integer") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = key;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= minimum && number <= maximum))
      return `must be a whole number from ${minimum} to ${maximum}, not ${shown}`;
  }
  if (key.type === "json" && !isJson(text)) return `must be JSON, not ${shown}`;
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** "a, b" of the configuration as a list. */
export function splitList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
