// A line of a provider's list: its values by column, and what is wrong with one, by line and column.
import { ownOf } from "../../../values/own-of.ts";
import { parseStamp } from "../../../values/time.ts";
import { parseWrittenAmount } from "./written-amount.ts";

/** What is wrong with a file, with its line where there is one. */
export class ListError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ListError";
  }
}

export interface ListLine {
  /** In the file. */
  readonly number: number;
  /** By column in small letters. */
  readonly values: Readonly<Record<string, string>>;
  /** The columns as they are written, by the same. */
  readonly columns: Readonly<Record<string, string>>;
}

/** What stands before the decimals of a file, and the line that told. */
export interface DecimalMark {
  readonly mark: "." | ",";
  readonly line: number;
}

export function lineError(line: ListLine, what: string): ListError {
  return new ListError(`line ${line.number}: ${what}`);
}

function valueError(line: ListLine, column: string, what: string): ListError {
  const value = JSON.stringify(ownOf(line.values, column) ?? "");
  return new ListError(`line ${line.number}, column ${ownOf(line.columns, column)}: ${value} ${what}`);
}

/** Undefined where there is no such column; "" where there is nothing in it. */
export function cellOf(line: ListLine, column: string): string | undefined {
  return ownOf(line.values, column);
}

/** @throws ListError where there is nothing */
export function textOf(line: ListLine, column: string): string {
  const text = cellOf(line, column);
  if (text === undefined || text === "") throw lineError(line, `there is no ${column}`);
  return text;
}

/** Nothing is false. @throws ListError where it is neither true nor false, such as in another language */
export function flagOf(line: ListLine, column: string): boolean {
  const text = (cellOf(line, column) ?? "").toLowerCase();
  if (!["true", "false", ""].includes(text)) throw valueError(line, column, "must be true or false");
  return text === "true";
}

/**
 * Minor units with their sign; nothing is 0. All amounts of a file have the same mark before their decimals: `told` keeps it.
 * @throws ListError where it is no amount, or can be read in two ways
 */
export function amountOf(
  line: ListLine,
  column: string,
  { scale, told }: { scale: number; told: { mark: DecimalMark | undefined } },
): bigint {
  const text = cellOf(line, column) ?? "";
  if (text === "") return 0n;
  const read = parseWrittenAmount(text, scale);
  if (typeof read === "string") throw valueError(line, column, read);
  const { mark } = read;
  if (mark !== undefined && told.mark !== undefined && told.mark.mark !== mark)
    throw valueError(
      line,
      column,
      `has "${mark}" before its decimals, and line ${told.mark.line} has "${told.mark.mark}": a file has one of them`,
    );
  if (mark !== undefined) told.mark ??= { mark, line: line.number };
  return read.minor;
}

/** @throws ListError where it is below zero, too */
export function unsignedOf(...[line, column, how]: Parameters<typeof amountOf>): bigint {
  const amount = amountOf(line, column, how);
  if (amount < 0n)
    throw valueError(line, column, "is below zero, and is written without sign in such a list");
  return amount;
}

/** "2026-11-21 15:04" and "2026-11-21 15:04:05": UTC, as a stamp. Undefined where there is none. @throws ListError */
export function timeOf(line: ListLine, columns: readonly string[]): number | undefined {
  const column = columns.find((name) => cellOf(line, name) !== undefined) ?? "";
  const text = cellOf(line, column) ?? "";
  if (text === "") return undefined;
  const iso = text.replace(" ", "T").replace(/T\d\d:\d\d$/, "$&:00");
  const at = parseStamp(iso.includes("T") ? `${iso}Z` : iso);
  if (at === undefined) throw valueError(line, column, "is no time such as 2026-11-21 15:04:05");
  return at;
}
