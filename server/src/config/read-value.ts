// Reads one value of the configuration as its key's type, and says what is wrong with it.

import { ownOf } from "../values/own-of.ts";
import { parseJson } from "../values/parse-json.ts";
import type { ConfigKey } from "./key.ts";

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  on: true,
  false: false,
  "0": false,
  no: false,
  off: false,
};

export interface Reading {
  /** The default value where the text is malformed. */
  readonly value: unknown;
  /** What is wrong with the text: the rest of a sentence that begins with the key's name. */
  readonly problem?: string;
}

/** @param given undefined: the default is used */
export function readValue(key: ConfigKey, given: string | undefined): Reading {
  const byDefault = key.default === undefined ? undefined : readText(key, key.default).value;
  if (given === undefined) return { value: byDefault };
  const reading = readText(key, key.secret === true ? given : given.trim());
  return reading.problem === undefined ? reading : { value: byDefault, problem: reading.problem };
}

function readText(key: ConfigKey, text: string): Reading {
  const shown = key.secret === true ? "its value" : `"${text}"`;
  const orElse = (value: unknown, must: string): Reading =>
    value === undefined ? { value, problem: `must ${must}, not ${shown}` } : { value };
  if (key.type === "string") return orElse(key.form.read(text), key.form.must);
  if (key.type === "choice") {
    const { choices = [] } = key;
    const meant = choices.find((choice) => choice === text.toLowerCase());
    return orElse(meant, `be one of ${choices.join(", ")}`);
  }
  if (key.type === "boolean") return orElse(ownOf(BOOLEANS, text.toLowerCase()), "be true or false");
  if (key.type === "integer") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = key;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    const isWithin = number >= minimum && number <= maximum;
    return orElse(isWithin ? number : undefined, `be a whole number from ${minimum} to ${maximum}`);
  }
  return orElse(parseJson(text), "be JSON");
}
