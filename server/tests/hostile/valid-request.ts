// A request that the server understands, made from an operation's schemas: the ground that malformed ones deviate from
// in one point.
import type { Operation, Schema } from "./operations.ts";

/** Values that a schema cannot know, by the name of the field or parameter: ids of what exists. */
export type KnownValues = Readonly<Record<string, unknown>>;

export function makeBody(operation: Operation, known: KnownValues): unknown {
  return operation.body === undefined ? undefined : makeValue(operation.body, "", known);
}

/**
 * The path with its parameters filled in and the query parameters that it needs. `given` takes their place, encoded by
 * the caller.
 */
export function makePath(
  operation: Operation,
  known: KnownValues,
  given: { path?: Readonly<Record<string, string>>; query?: string } = {},
): string {
  const path = operation.path.replace(/([a-z-]+)\/\{(\w+)\}/g, (_, collection: string, name: string) => {
    const value = known[`${collection}.${name}`] ?? known[name] ?? "1";
    return `${collection}/${given.path?.[name] ?? encodeURIComponent(String(value))}`;
  });
  const tampered = given.query?.split(/[=&[]/)[0];
  const needed = operation.parameters
    .filter(
      (parameter) => parameter.in === "query" && parameter.required === true && parameter.name !== tampered,
    )
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(makeValue(schema, name, known)))}`);
  const query = [...(given.query === undefined ? [] : [given.query]), ...needed].join("&");
  return query === "" ? path : `${path}?${query}`;
}

/** Valid by its schema. Every optional property is there, so that each can be tampered with. */
export function makeValue(schema: Schema, name: string, known: KnownValues): unknown {
  if (name in known && fits(known[name], schema)) return known[name];
  if (schema.properties !== undefined) return makeObject(schema, known);
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf?.[0] !== undefined) return makeValue(schema.anyOf[0], name, known);
  if (schema.items !== undefined) return [makeValue(schema.items, name, known)];
  if (schema.type === "object") return { note: "valid" };
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 1;
  if (schema.type === "boolean") return false;
  if (schema.type === "null") return null;
  return makeText(schema);
}

/** An example of the whole knows which fields fit each other. */
function makeObject(
  { properties = {}, example, examples }: Schema,
  known: KnownValues,
): Record<string, unknown> {
  const shown = (example ?? examples?.[0] ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      name in shown && !(name in known) ? shown[name] : makeValue(schema, name, known),
    ]),
  );
}

function makeText({ format, minLength = 1 }: Schema): string {
  if (format === "date-time") return "2026-11-21T09:00:00Z";
  if (format === "date") return "2026-11-21";
  return "valid".padEnd(minLength, ".");
}

/** A choice that is no list of values. */
const OTHER = Symbol("other");

/** One name may mean two things: the code of an asset is none of a location's, and none of an authenticator app. */
function fits(value: unknown, { pattern, minLength = 0, anyOf, ...schema }: Schema): boolean {
  const listed = anyOf?.flatMap((each) => ("const" in each ? [each.const] : (each.enum ?? [OTHER])));
  const choices = schema.enum ?? (listed?.includes(OTHER) ? undefined : listed);
  if (choices !== undefined) return choices.includes(value);
  if (typeof value !== "string") return true;
  return value.length >= minLength && (pattern === undefined || new RegExp(pattern, "u").test(value));
}
