// Reads what a client sent, with one reader for each form: ids, times, texts, amounts. The schemas have already checked the form;
// here is what a schema cannot know. Every refusal names the field, the reason and what to do.
import { AppError, type FieldProblem, invalidField, refusedField } from "./app-error.ts";
import { parseId } from "./id.ts";
import { describeAmountProblem, parseAmount } from "./money.ts";
import { isBlank } from "./names.ts";
import { parseStamp } from "./time.ts";

/** Why something is not an id. */
export const NO_ID = "must be an id, a decimal string";

const TIME = "must be a time that exists, such as 2026-11-21T09:00:00Z (write + as %2B), or a date";
/** Characters that PostgreSQL cannot keep (NUL, lone surrogates), and those that would break the lines of an export. */
const UNKEPT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Reads the parts of one input, each with its own reader, and refuses all wrong ones at once.
 * @throws AppError as the first reader that refused, with the fields of all of them
 */
export function readAll<T extends object>(readers: { readonly [K in keyof T]: () => T[K] }): T {
  const parts: Partial<T> = {};
  const refusals: AppError[] = [];
  for (const key in readers) {
    try {
      parts[key] = readers[key]();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusals.push(error);
    }
  }
  if (refusals.length > 0) throw joinRefusals(refusals);
  return parts as T;
}

/** Like `readAll`, for a list: reports the faults of all its items at once. */
export function readEach<Item, Read>(
  items: readonly Item[],
  read: (item: Item, index: number) => Read,
): Read[] {
  return Object.values(readAll(items.map((item, index) => () => read(item, index))));
}

/** At most this many fields are named. */
const PROBLEMS_MAX = 20;

function joinRefusals(refusals: readonly AppError[]): AppError {
  const [oldest, ...others] = refusals as readonly [AppError, ...AppError[]];
  if (others.length === 0) return oldest;
  const first = refusals.find(({ kind }) => kind === "invalid") ?? oldest; // the form comes before what it means
  const fields = new Map<string, FieldProblem>();
  for (const { details } of refusals)
    for (const problem of details.fields ?? []) fields.set(`${problem.field} ${problem.reason}`, problem);
  return new AppError(first.kind, first.code, {
    ...first.details,
    fields: [...fields.values()].slice(0, PROBLEMS_MAX),
  });
}

/** @throws AppError `invalid/invalid_request` naming the field */
export function readId(input: string | number, field: string): number {
  const id = parseId(input);
  if (id === undefined) throw invalidField(field, NO_ID);
  return id;
}

/** Like `readId`; undefined where nothing was sent. */
export function readOptionalId(input: string | number | undefined, field: string): number | undefined {
  return input === undefined ? undefined : readId(input, field);
}

/** "1,2,3". @throws AppError `invalid/invalid_request` naming the field */
export function readIds(input: string | undefined, field: string): number[] | undefined {
  return input?.split(",").map((id) => readId(id.trim(), field));
}

/** A time as a stamp; undefined and null stay as they are. @throws AppError `invalid/invalid_request` naming the field */
export function readTime<T extends string | null | undefined>(
  text: T,
  field: string,
): number | Exclude<T, string> {
  if (typeof text !== "string") return text as Exclude<T, string>;
  const stamp = parseStamp(text);
  if (stamp === undefined) throw invalidField(field, TIME);
  return stamp;
}

/** Like `readTime`, from 1970 on: for times kept as a moment. @throws AppError `invalid/invalid_request` naming the field */
export function readMoment<T extends string | null | undefined>(
  text: T,
  field: string,
): number | Exclude<T, string> {
  const stamp = readTime(text, field);
  if (typeof stamp === "number" && stamp < 0) throw invalidField(field, "must be a time from 1970 on");
  return stamp;
}

/** A half-open range of time as stamps. @throws AppError `invalid/invalid_request` naming the field */
export function readRange(query: { from?: string | undefined; to?: string | undefined }): {
  from: number | undefined;
  to: number | undefined;
} {
  const { from, to } = readAll({
    from: () => readTime(query.from, "from"),
    to: () => readTime(query.to, "to"),
  });
  if (from !== undefined && to !== undefined && to < from) throw refusedField("to", "lies before from");
  return { from, to };
}

/** Text on one line; undefined and null stay as they are. @throws AppError `invalid/invalid_request` naming the field */
export function readText<T extends string | null | undefined>(text: T, field: string): T {
  if (typeof text === "string" && hasControlCharacter(text)) throw unkept(field);
  return text;
}

/** Text of several lines. @throws AppError `invalid/invalid_request` naming the field */
export function readLines<T extends string | null | undefined>(text: T, field: string): T {
  if (typeof text === "string" && hasControlCharacter(text.replace(/[\n\r\t\u2028\u2029]/g, "")))
    throw unkept(field);
  return text;
}

/** Like `readText`, but not blank. */
export function readFilledText<T extends string | undefined>(text: T, field: string): T {
  const read = readText(text, field);
  if (typeof read === "string" && isBlank(read)) throw invalidField(field, "must not be blank");
  return text;
}

/** Text that PostgreSQL cannot keep or that would break an export's lines. */
function hasControlCharacter(text: string): boolean {
  return UNKEPT.test(text);
}

function unkept(field: string): Error {
  return invalidField(field, "must not have control characters or broken Unicode");
}

/** The parts of an asset that are needed to read an amount of it. */
interface Scaled {
  /** Decimals. */
  readonly scale: number;
}

/** Minor units. @throws AppError `invalid/invalid_request` naming the field */
export function readAmount(input: string | number, { scale }: Scaled, field: string): bigint {
  const amount = parseAmount(input, scale);
  if (typeof amount !== "bigint") throw invalidField(field, describeAmountProblem(amount, scale));
  return amount;
}

/** Like `readAmount`, but more than zero. */
export function readPositiveAmount(input: string | number, scaled: Scaled, field: string): bigint {
  const amount = readAmount(input, scaled, field);
  if (amount === 0n) throw invalidField(field, "must be more than zero");
  return amount;
}

/** Like `readPositiveAmount`; undefined where nothing was sent. */
export function readOptionalAmount(
  input: string | number | undefined,
  scaled: Scaled,
  field: string,
): bigint | undefined {
  return input === undefined ? undefined : readPositiveAmount(input, scaled, field);
}
