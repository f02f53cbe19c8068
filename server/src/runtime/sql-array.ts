// PostgreSQL's text form of arrays, for the set-based statements of the hot path: a fraction of the cost of the driver's general
// serializer, which runs two regular expressions over every element.

/** An array of integers or nulls (undefined counts as null). */
export function toArray(values: readonly (number | bigint | null | undefined)[]): string {
  return `{${values.map((value) => value ?? "null").join(",")}}`;
}

/**
 * An array of texts or nulls. PostgreSQL escapes quote and backslash as JSON does; only texts with other JSON escapes (control
 * characters, broken surrogates) take the slow way.
 */
export function toTextArray(values: readonly (string | null | undefined)[]): string {
  return `{${values.map((value) => (value === null || value === undefined ? "null" : quote(value))).join(",")}}`;
}

const ESCAPED_OTHERWISE = /[\p{Cc}\p{Cs}]/u;

function quote(text: string): string {
  if (!ESCAPED_OTHERWISE.test(text)) return JSON.stringify(text);
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
