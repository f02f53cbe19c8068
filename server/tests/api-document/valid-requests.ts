// Requests that an OpenAPI document calls valid, made from its schemas alone: what a generated client could send.
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";

export type Json = Record<string, unknown>;

export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Json[];
  readonly body: Json | undefined;
}

export interface ValidRequest {
  readonly path: string;
  readonly body: unknown;
}

/** The operations below /api/v1, with references resolved. */
export function listOperations(document: Json): Operation[] {
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== "object" || node === null) return node;
    const { $ref } = node as { $ref?: string };
    if ($ref === undefined)
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, resolve(child)]));
    const target = $ref
      .slice(2)
      .split("/")
      .reduce<unknown>((at, step) => (at as Json)[step], document);
    return resolve(target);
  };
  return Object.entries(document["paths"] as Record<string, Record<string, Json>>)
    .filter(([path]) => path.startsWith("/api/v1/"))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => {
        const {
          operationId,
          parameters = [],
          requestBody,
        } = operation as {
          operationId: string;
          parameters?: Json[];
          requestBody?: { content: Record<string, { schema: Json }> };
        };
        const body = requestBody?.content["application/json"]?.schema;
        return {
          operationId,
          method: method.toUpperCase(),
          path,
          parameters: resolve(parameters) as Json[],
          body: body === undefined ? undefined : (resolve(body) as Json),
        };
      }),
    );
}

/** Makes requests of one operation; the same for the same seed. */
export function makeRequests(
  operation: Operation,
  { count, seed }: { count: number; seed: number },
): ValidRequest[] {
  const named = (place: string) => operation.parameters.filter((parameter) => parameter["in"] === place);
  const valuesOf = (parameter: Json) => arbitraryOf(parameter["schema"] as Json);
  const inPath = fc.record(Object.fromEntries(named("path").map((each) => [each["name"], valuesOf(each)])));
  const inQuery = fc.record<Json>(
    Object.fromEntries(named("query").map((each) => [each["name"], valuesOf(each)])),
    {
      requiredKeys: named("query").flatMap((each) =>
        each["required"] === true ? [String(each["name"])] : [],
      ),
    },
  );
  const body = operation.body === undefined ? fc.constant(undefined) : validOf(operation.body);
  const request = fc.tuple(inPath, inQuery, body).map(([path, query, sent]) => ({
    path: writePath(operation.path, path as Json, query as Json),
    body: sent,
  }));
  return fc.sample(request, { numRuns: count, seed });
}

function writePath(template: string, path: Json, query: Json): string {
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(path[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat()) search.append(name, String(each));
  return search.size === 0 ? filled : `${filled}?${search}`;
}

/** What schemas say of several members at once is left to a validator. */
function validOf(schema: Json): fc.Arbitrary<unknown> {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const isValid = ajv.compile(schema);
  return arbitraryOf(schema).filter((value) => isValid(value));
}

/** Values of the schema, member by member. Knows what our document uses, and throws at anything else. */
function arbitraryOf(schema: Json): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema["const"]);
  if (schema["enum"] !== undefined) return fc.constantFrom(...(schema["enum"] as unknown[]));
  if (schema["type"] === "object") return objectOf(schema);
  const choices = (schema["anyOf"] ?? schema["oneOf"]) as Json[] | undefined;
  if (choices !== undefined)
    return fc.oneof(...choices.map((choice) => arbitraryOf({ ...rest(schema), ...choice })));
  switch (schema["type"]) {
    case "array": {
      const {
        minItems = 0,
        maxItems = 4,
        uniqueItems = false,
        items = {},
      } = schema as {
        minItems?: number;
        maxItems?: number;
        uniqueItems?: boolean;
        items?: Json;
      };
      const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 4)) };
      const item = arbitraryOf(items);
      return uniqueItems
        ? fc.uniqueArray(item, { ...bounds, selector: (value) => JSON.stringify(value) })
        : fc.array(item, bounds);
    }
    case "string":
      return stringOf(schema);
    case "integer": {
      const { minimum = -1_000, maximum = Number.MAX_SAFE_INTEGER } = schema as {
        minimum?: number;
        maximum?: number;
      };
      return fc.oneof(
        fc.integer({ min: minimum, max: Math.min(maximum, minimum + 20) }),
        fc.maxSafeInteger().map((value) => minimum + (Math.abs(value) % (maximum - minimum + 1))),
        fc.constantFrom(minimum, maximum),
      );
    }
    case "number": {
      const { minimum = 0, maximum = 1_000_000 } = schema as { minimum?: number; maximum?: number };
      return fc
        .integer({ min: Math.ceil(minimum * 100), max: Math.floor(Math.min(maximum, 1e9) * 100) })
        .map((n) => n / 100);
    }
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      if (Object.keys(rest(schema)).length === 0) return fc.jsonValue({ maxDepth: 1 });
      throw new Error(`no values are known for ${JSON.stringify(schema)}`);
  }
}

/** Without what only people read. */
function rest({ description, examples, example, title, anyOf, oneOf, default: _, ...other }: Json): Json {
  return other;
}

function objectOf(schema: Json): fc.Arbitrary<Json> {
  const {
    properties = {},
    required = [],
    additionalProperties,
    minProperties = 0,
  } = schema as {
    properties?: Record<string, Json>;
    required?: string[];
    additionalProperties?: unknown;
    minProperties?: number;
  };
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, arbitraryOf(child)])),
    { requiredKeys: required as never[] },
  );
  const isOpen = Object.keys(properties).length === 0 && additionalProperties !== false;
  const value = isOpen
    ? fc.dictionary(
        fc.stringMatching(/^[a-z]{1,8}$/),
        typeof additionalProperties === "object"
          ? arbitraryOf(additionalProperties as Json)
          : fc.string({ maxLength: 8 }),
        { maxKeys: 3 },
      )
    : known;
  return (value as fc.Arbitrary<Json>).filter((object) => Object.keys(object).length >= minProperties);
}

function stringOf(schema: Json): fc.Arbitrary<string> {
  const {
    pattern,
    format,
    minLength = 0,
    maxLength = 40,
  } = schema as {
    pattern?: string;
    format?: string;
    minLength?: number;
    maxLength?: number;
  };
  if (pattern !== undefined)
    return fc
      .stringMatching(new RegExp(pattern, "u"))
      .filter((text) => text.length >= minLength && text.length <= (maxLength ?? Infinity));
  if (format === "date-time") return dates.map((date) => date.toISOString());
  if (format === "date") return dates.map((date) => date.toISOString().slice(0, 10));
  if (format === "uuid") return fc.uuid();
  if (format === "email") return fc.emailAddress();
  if (format === "uri") return fc.webUrl();
  if (format === "ipv4") return fc.ipV4();
  if (format !== undefined) throw new Error(`no text is known of the format ${format}`);
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)), unit: "grapheme" });
}

const dates = fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
