// A line of a provider's list: its values by column, and what is wrong with a value, by line and column.
import { ownOf } from "../../../values/own-of.ts";
import { parseStamp } from "../../../values/time.ts";
import { parseWrittenAmount } from "./written-amount.ts";

/** What is wrong with a file, with the line number where there is one. */
export class ListError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ListError";
  }
}

export interface ListLine {
  /** The line's number in the file. */
  readonly number: number;
  /** The values by column name in small letters. */
  readonly values: Readonly<Record<string, string>>;
  /** The column names as the file writes them, by their names in small letters. */
  readonly columns: Readonly<Record<string, string>>;
}

/** The file's decimal mark, and the line that revealed it. */
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

/** Undefined where the column does not exist; "" where it is empty. */
export function cellOf(line: ListLine, column: string): string | undefined {
  return ownOf(line.values, column);
}

/** @throws ListError where the value is empty */
export function textOf(line: ListLine, column: string): string {
  const text = cellOf(line, column);
  if (text === undefined || text === "") throw lineError(line, `there is no ${column}`);
  return text;
}

/** An empty value is false. @throws ListError where it is neither true nor false, for example in another language */
export function flagOf(line: ListLine, column: string): boolean {
  const text = (cellOf(line, column) ?? "").toLowerCase();
  if (!["true", "false", ""].includes(text)) throw valueError(line, column, "must be true or false");
  return text === "true";
}

/**
 * Minor units with their sign; empty is 0. All amounts of a file use the same decimal mark, which `told` remembers.
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

/** @throws ListError also where it is below zero */
export function unsignedOf(...[line, column, how]: Parameters<typeof amountOf>): bigint {
  const amount = amountOf(line, column, how);
  if (amount < 0n)
    throw valueError(line, column, "is below zero, and is written without sign in such a list");
  return amount;
}

/** "2026-11-21 15:04" and "2026-11-21 15:04:05": UTC, as a stamp. Undefined where it is empty. @throws ListError */
export function timeOf(line: ListLine, columns: readonly string[]): number | undefined {
  const column = columns.find((name) => cellOf(line, name) !== undefined) ?? "";
  const text = cellOf(line, column) ?? "";
  if (text === "") return undefined;
  const iso = text.replace(" ", "T").replace(/T\d\d:\d\d$/, "$&:00");
  const at = parseStamp(iso.includes("T") ? `${iso}Z` : iso);
  if (at === undefined) throw valueError(line, column, "is no time such as 2026-11-21 15:04:05");
  return at;
}
