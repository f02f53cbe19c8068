// Completes the OpenAPI document that is made from the routes' schemas: named schemas move to the components, and
// rules for every route (refusals, Idempotency-Key, an operation's name) are added here instead of at each route.

import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { ownOf } from "../../values/own-of.ts";
import { Problem, SHOWN } from "../schemas.ts";
import { READ_AS_ID, READ_DAY_AS } from "../validate.ts";

type Json = Record<string, unknown>;
interface Operation extends Json {
  operationId?: string;
  security?: unknown[];
  parameters?: unknown[];
  responses?: Json;
}
export interface OpenApiDocument extends Json {
  paths?: Record<string, Record<string, Operation>>;
  components?: Json;
}

interface ProblemKind {
  readonly name: string;
  readonly description: string;
  /** For its example. */
  readonly code: string;
  readonly detail: string;
  readonly more?: Json;
}
/** By status. */
const PROBLEMS: Readonly<Record<string, ProblemKind>> = {
  "400": {
    name: "Malformed",
    description: "The request is malformed; `errors` names the fields",
    code: "invalid_request",
    detail: "amount: must be more than zero",
    more: { errors: [{ field: "amount", reason: "must be more than zero" }] },
  },
  "401": {
    name: "Unauthenticated",
    description: "A valid access token is needed",
    code: "unauthenticated",
    detail: "the token has expired",
  },
  "403": {
    name: "Forbidden",
    description: "The token's roles do not allow this",
    code: "forbidden",
    detail: "this needs the role admin",
  },
  "404": {
    name: "NotFound",
    description: "There is no such thing, or it is not the caller's to see",
    code: "account_not_found",
    detail: "There is no such account.",
  },
  "409": {
    name: "Conflict",
    description: "The state changed, or is being changed by somebody else",
    code: "version_mismatch",
    detail: "It has changed since it was read.",
  },
  "413": {
    name: "TooLarge",
    description: "The body is larger than BODY_LIMIT_BYTES",
    code: "body_too_large",
    detail: "the body is larger than this server accepts",
  },
  "414": {
    name: "PathTooLong",
    description: "A part of the path is longer than any id",
    code: "invalid_request",
    detail: "a part of the path is longer than any id",
  },
  "415": {
    name: "UnsupportedMediaType",
    description: "The body has a content type that is not accepted here",
    code: "unsupported_media_type",
    detail: "send Content-Type: application/json",
  },
  "429": {
    name: "TooMany",
    description: "More requests than one caller may send; try again after `Retry-After`",
    code: "rate_limited",
    detail: "more than 600 requests a minute",
    more: { limit: "user" },
  },
  "431": {
    name: "HeadersTooLarge",
    description: "The request line and headers are larger than 16 KiB",
    code: "headers_too_large",
    detail: "the headers are larger than this server accepts",
  },
  "422": {
    name: "Refused",
    description: "Well formed, but a rule of the business forbids it",
    code: "insufficient_funds",
    detail: "The account has less available than the amount.",
    more: { account_id: "1109" },
  },
  "503": {
    name: "Unavailable",
    description: "Try again after `Retry-After` with the same Idempotency-Key",
    code: "queue_full",
    detail: "more requests are waiting than can be served",
  },
};

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);
const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", minLength: 1, maxLength: 255 },
  description:
    "Names this act; repeated with the same key and body it is carried out once and answered the same.",
};

/** Completes the document in place and returns it. */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  const schemas = new Map<string, Json>();
  const paths = Object.entries(document.paths ?? {});
  for (const [path, item] of paths)
    for (const [method, operation] of Object.entries(item))
      if (METHODS.has(method)) completeOperation(operation, { path, method });
  document.paths = Object.fromEntries(paths.map(([path, item]) => [path, hoist(item, schemas) as never]));
  document.components = {
    ...document.components,
    schemas: { ...sortKeys(Object.fromEntries(schemas)), Problem: hoistInner(Problem, schemas) },
    parameters: { IdempotencyKey: IDEMPOTENCY_KEY },
    responses: Object.fromEntries(
      Object.entries(PROBLEMS).map(([status, problem]) => [problem.name, toResponse(status, problem)]),
    ),
  };
  return document;
}

function completeOperation(operation: Operation, route: { path: string; method: string }): void {
  operation.operationId ??= nameOperation(route);
  if (!route.path.startsWith("/api/")) return;
  if (route.method !== "get" && operation["x-keyless"] !== true)
    operation.parameters = [
      ...(operation.parameters ?? []),
      { $ref: "#/components/parameters/IdempotencyKey" },
    ];
  delete operation["x-keyless"];
  const body = operation["requestBody"] as RequestBody | undefined;
  // A request without a body is read as {}.
  if (body !== undefined && takesNothing(body)) body.required = false;
  const problems = [
    ...["400", "401", "403", "404"],
    ...(route.method === "get" ? [] : ["409"]),
    ...(route.method !== "get" || takesQuery(operation) ? ["422"] : []),
    ...(operation["requestBody"] === undefined ? [] : ["413", "415"]),
    ...(route.path.includes("{") ? ["414"] : []),
    ...["429", "431", "503"],
  ];
  const refused = problems.map((status) => [
    status,
    { $ref: `#/components/responses/${ownOf(PROBLEMS, status)?.name}` },
  ]);
  operation.responses = { ...operation.responses, ...Object.fromEntries(refused) };
}

/** What is asked for in a query may name what there is not, or a span that ends before it begins. */
function takesQuery({ parameters = [] }: Operation): boolean {
  return (parameters as readonly { in?: string }[]).some((parameter) => parameter.in === "query");
}

interface RequestBody {
  required?: boolean;
  readonly content: Readonly<Record<string, { readonly schema?: TSchema }>>;
}

function takesNothing({ content }: RequestBody): boolean {
  const schema = content["application/json"]?.schema;
  return schema !== undefined && Value.Check(schema, {});
}

/** "post", "/api/v1/holds/{id}/capture" → "postHoldsCaptureById". */
function nameOperation({ path, method }: { path: string; method: string }): string {
  const parts = path.replace(/^\/api\/v1/, "").split(/[/.-]/);
  const words = parts.filter((part) => part !== "" && !part.startsWith("{")).map(capitalize);
  const ids = parts.flatMap((part) => /^\{(\w+)\}$/.exec(part)?.[1] ?? []);
  return `${method}${words.join("")}${ids.map((id) => `By${capitalize(id)}`).join("")}`;
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Moves every object schema with a title into `schemas` and leaves a reference in its place. */
function hoist(node: unknown, schemas: Map<string, Json>): unknown {
  if (Array.isArray(node)) return node.map((child) => hoist(child, schemas));
  if (typeof node !== "object" || node === null) return node;
  const { title, type } = node as { title?: unknown; type?: unknown };
  if (typeof title !== "string" || type !== "object") return hoistInner(node, schemas);
  schemas.set(title, hoistInner(node, schemas));
  return { $ref: `#/components/schemas/${title}` };
}

function hoistInner(node: object, schemas: Map<string, Json>): Json {
  const { [SHOWN]: more = {}, [READ_AS_ID]: _id, [READ_DAY_AS]: _day, ...schema } = node as Json;
  return Object.fromEntries(
    Object.entries({ ...schema, ...(more as Json) }).map(([key, child]) => [
      key,
      key === "example" || key === "examples" ? child : hoist(child, schemas),
    ]),
  );
}

function toResponse(status: string, { description, code, detail, more }: ProblemKind): Json {
  const example = {
    type: `urn:countinghouse:problem:${code}`,
    title: code.replaceAll("_", " "),
    status: Number(status),
    code,
    request_id: "3f0d5c1e-7a52-4d0a-9f57-0c8f3f6a2b11",
    detail,
    ...more,
  };
  return {
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" }, example } },
  };
}

function sortKeys(object: Json): Json {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
