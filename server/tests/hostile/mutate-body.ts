// Every way to tamper with a valid body in one point: another value, no value, two values, unknown neighbours.
import { JUNK_JSON } from "./junk.ts";

export interface Mutation {
  /** The names that lead to the field at fault, outermost first; empty for the whole body. */
  readonly field: readonly string[];
  readonly what: string;
  /** JSON text. */
  readonly text: string;
}

type Path = readonly (string | number)[];

/** JSON that no value serializes to stands in for by a text that no schema's example contains. */
const MARK = "\u2063mark\u2063";

export function listMutations(body: unknown): Mutation[] {
  return listPaths(body).flatMap((path) => [
    ...JUNK_JSON.map((junk) => mutate(path, `is ${shorten(junk)}`, replace(body, path, junk))),
    ...(typeof path.at(-1) === "string" ? listMemberMutations(body, path) : []),
    ...(isRecord(valueAt(body, path)) ? listNeighbours(body, path) : []),
  ]);
}

function listMemberMutations(body: unknown, path: Path): Mutation[] {
  const name = JSON.stringify(path.at(-1));
  const value = JSON.stringify(valueAt(body, path));
  return [
    mutate(path, "is absent", replace(body, path, undefined)),
    mutate(path, "comes twice", replace(body, path, `${value},${name}:{"second":[]}`)),
  ];
}

function listNeighbours(body: unknown, path: Path): Mutation[] {
  const names = [
    "unknown_field",
    "",
    "__proto__",
    "constructor",
    "toString",
    "\\u0000",
    "a/b~1c",
    "x".repeat(5_000),
  ];
  const inner = JSON.stringify(valueAt(body, path)).slice(1, -1);
  return names.map((name) => {
    const text = `{${inner}${inner === "" ? "" : ","}"${name}":{"prototype":{"admin":true}}}`;
    return mutate(path, `has a member ${shorten(name)}`, replace(body, path, text));
  });
}

function mutate(path: Path, what: string, text: string): Mutation {
  const field = path.filter((step) => typeof step === "string");
  return { field, what: `${path.join(".")} ${what}`, text };
}

function listPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([step, child]) => listPaths(child, [...path, step]))];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, step) => (node as Record<string | number, unknown>)[step], value);
}

/** `text` is JSON text in place of the value at `path`; undefined leaves it out. */
function replace(body: unknown, path: Path, text: string | undefined): string {
  const marked = JSON.stringify(withMark(body, path, text === undefined ? undefined : MARK));
  return text === undefined ? marked : marked.replace(JSON.stringify(MARK), () => text);
}

function withMark(value: unknown, [step, ...rest]: Path, mark: string | undefined): unknown {
  if (step === undefined) return mark;
  if (Array.isArray(value))
    return value.map((child, index) => (index === step ? withMark(child, rest, mark) : child));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, child]) => [
      name,
      name === step ? withMark(child, rest, mark) : child,
    ]),
  );
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}... (${text.length})` : text;
}
