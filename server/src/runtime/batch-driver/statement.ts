// The tagged template of the desk's connections: it supports what the stores use of postgres.js's template. A template inside
// another becomes a part of its text; every other value is a parameter.
import { toTextArray } from "../sql-array.ts";

export interface Statement {
  readonly text: string;
  readonly values: readonly (string | Buffer | null)[];
}

export type ResultRows = object[] & { count: number; command: string };
export type Send = (statement: Statement) => Promise<ResultRows>;

/** Arrays of a column are sent in PostgreSQL's binary form where the driver supports it (row-columns.ts). */
export const TAKES_BINARY = Symbol("takes binary arrays");

/** A statement, or a part of one. It is sent when it is executed or awaited, once. */
interface Part {
  /** Appends its parameters to `values`. @returns its text */
  readonly [WRITE]: (values: unknown[]) => string;
  readonly execute: () => Promise<ResultRows>;
  readonly catch: Promise<ResultRows>["catch"];
}

const WRITE = Symbol("write");
/** `await` calls a method of this name. Parts must not be sent before they are awaited, so they are not promises. */
const AWAITED = "then";

/** Makes the template. */
export function createTemplate(send: Send) {
  const template = (strings: TemplateStringsArray, ...args: readonly unknown[]): Part => {
    if (!Array.isArray(strings))
      throw new Error("only statements and parts of statements are understood here");
    return createPart(send, (values) => {
      let text = strings[0] ?? "";
      for (const [index, arg] of args.entries()) {
        text += isPart(arg) ? arg[WRITE](values) : `$${values.push(arg)}`;
        text += strings[index + 1] ?? "";
      }
      return text;
    });
  };
  const unsafe = (text: string) => createPart(send, () => text);
  return Object.assign(template, { unsafe, [TAKES_BINARY]: true });
}

function createPart(send: Send, write: Part[typeof WRITE]): Part {
  let sent: Promise<ResultRows> | undefined;
  const execute = () => {
    if (sent === undefined) {
      const values: unknown[] = [];
      const text = write(values);
      sent = send({ text, values: values.map(encode) });
    }
    return sent;
  };
  const onAwait: Promise<ResultRows>["then"] = (onKept, onCaught) => execute().then(onKept, onCaught);
  return {
    [WRITE]: write,
    execute,
    catch: (onCaught) => execute().catch(onCaught),
    [AWAITED]: onAwait,
  } as Part;
}

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && WRITE in value;
}

/** Sent as text, which PostgreSQL reads by the type the statement expects; bytes, also whole arrays, are sent as they are. */
function encode(value: unknown): string | Buffer | null {
  if (value === null || typeof value === "string" || value instanceof Buffer) return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return toTextArray(value.map((element) => encode(element) as string | null));
  if (value === undefined) throw new Error("a parameter is undefined: null says that there is none");
  return JSON.stringify(value);
}
