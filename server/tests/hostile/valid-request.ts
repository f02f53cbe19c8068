// A request that the server understands, made from an operation's schemas: the ground that malformed ones deviate from
// in one point.
import type { Operation, Schema } from "./operations.ts";

/** Values that a schema cannot know, by the name of the field or parameter: ids of what exists. */
export type KnownValues = Readonly<Record<string, unknown>>;

export function makeBody(operation: Operation, known: KnownValues): unknown {
  return operation.body === undefined ? undefined : makeValue(operation.body, "", known);
}

/** The path with valid path parameters, and with every query parameter when `withQuery`. */
export function makePath(
  operation: Operation,
  known: KnownValues,
  given: { path?: Record<string, string>; query?: Record<string, string> } = {},
): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const collection = /^(?:\/api\/v1)?\/([a-z-]+)\//.exec(operation.path)?.[1] ?? "";
    return (
      given.path?.[name] ?? encodeURIComponent(String(known[`${collection}.${name}`] ?? known[name] ?? "1"))
    );
  });
  const query = new URLSearchParams(given.query).toString();
  return query === "" ? path : `${path}?${query}`;
}

/** Valid by its schema. Every optional property is there, so that each can be tampered with. */
export function makeValue(schema: Schema, name: string, known: KnownValues): unknown {
  if (name in known) return known[name];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf?.[0] !== undefined) return makeValue(schema.anyOf[0], name, known);
  if (schema.properties !== undefined) return makeObject(schema.properties, known);
  if (schema.items !== undefined) return [makeValue(schema.items, name, known)];
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.type === "object") return { note: "valid" };
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 1;
  if (schema.type === "boolean") return false;
  if (schema.type === "null") return null;
  return makeText(schema);
}

function makeObject(
  properties: Readonly<Record<string, Schema>>,
  known: KnownValues,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => !(name in known && known[name] === undefined))
      .map(([name, schema]) => [name, makeValue(schema, name, known)]),
  );
}

function makeText({ format, minLength = 1 }: Schema): string {
  if (format === "date-time") return "2026-11-21T09:00:00Z";
  if (format === "date") return "2026-11-21";
  return "valid".padEnd(minLength, ".");
}
