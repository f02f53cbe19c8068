// The server's operations, read from its own /openapi.json: a route that is added later is tested without being named.
import type { TestApp } from "../app.ts";

/** As much of JSON Schema as our routes use; references are resolved. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
  readonly example?: unknown;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  /** "POST /api/v1/holds/{id}/capture" */
  readonly title: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly isPublic: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
}

interface DocumentedOperation {
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
}

const OF_IDENTITY = /^\/api\/v1\/(auth|users|admin)\//;
/** Takes bytes, which server/tests/flows/product-images.test.ts makes. */
const TAKES_BYTES = /^\/api\/v1\/products\/\{id\}\/images$/;
const METHODS = ["get", "post", "put", "patch", "delete"];

export async function readOperations(app: TestApp): Promise<Operation[]> {
  const { body: document } = await app.call("GET", "/openapi.json");
  const paths = resolveReferences(document.paths, document) as Record<
    string,
    Record<string, DocumentedOperation>
  >;
  const tested = Object.entries(paths).filter(([path]) => !TAKES_BYTES.test(path));
  return tested.flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => describeOperation(method.toUpperCase(), path, operation)),
  );
}

/** Those under /api/v1, each once; the same paths without the prefix are aliases. */
export function withoutAliases(operations: readonly Operation[]): Operation[] {
  return operations.filter((operation) => operation.path.startsWith("/api/v1/"));
}

/** About who somebody is: these need a token of a user, not one that was minted for the test. */
export function isOfIdentity({ path }: Operation): boolean {
  return OF_IDENTITY.test(path);
}

function describeOperation(method: string, path: string, operation: DocumentedOperation): Operation {
  const content = operation.requestBody?.content["application/json"];
  const example = content?.example === undefined ? {} : { example: content.example };
  return {
    title: `${method} ${path}`,
    method,
    path,
    isPublic: operation.security !== undefined,
    parameters: operation.parameters ?? [],
    body: content === undefined ? undefined : { ...content.schema, ...example },
  };
}

function resolveReferences(node: unknown, document: unknown): unknown {
  if (Array.isArray(node)) return node.map((child) => resolveReferences(child, document));
  if (typeof node !== "object" || node === null) return node;
  const { $ref } = node as { $ref?: string };
  if (typeof $ref === "string") return resolveReferences(lookUp(document, $ref), document);
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key, resolveReferences(child, document)]),
  );
}

function lookUp(document: unknown, reference: string): unknown {
  let node = document;
  for (const step of reference.split("/").slice(1)) node = (node as Record<string, unknown>)[step];
  return node;
}
