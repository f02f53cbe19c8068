// Canonical JSON as RFC 8785 defines it: keys in the order of their UTF-16 code units, no space, numbers and strings as
// ECMAScript writes them. A value has only one text, and therefore only one hash.
import { ownOf } from "../../../values/own-of.ts";

/** Leaves out undefined members, as JSON does. @throws Error on values that JSON cannot represent exactly */
export function toCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => toCanonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) return writeMembers(value as Record<string, unknown>);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value} has no JSON form`);
  const text = JSON.stringify(value);
  if (text === undefined) throw new Error(`a ${typeof value} has no JSON form`);
  return text;
}

function writeMembers(object: Record<string, unknown>): string {
  const members = Object.keys(object)
    .sort()
    .filter((key) => ownOf(object, key) !== undefined)
    .map((key) => `${JSON.stringify(key)}:${toCanonicalJson(ownOf(object, key))}`);
  return `{${members.join(",")}}`;
}
