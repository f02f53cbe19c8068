// Reads a shop's export line by line, however long the file, and says in words for the user what is wrong with a line.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { InputError } from "./input-error.ts";

const COLUMNS = [
  "InvoiceNo",
  "StockCode",
  "Description",
  "Quantity",
  "InvoiceDate",
  "UnitPrice",
  "CustomerID",
  "Country",
] as const;
export type Line = Readonly<Record<(typeof COLUMNS)[number], string>>;

/**
 * Hands every line to `take`, in the file's order.
 * @throws InputError naming the file, the line and what is wrong with it, what `take` throws as an InputError included
 */
export async function readLines(path: string, take: (line: Line) => void): Promise<number> {
  const parser = parse({ bom: true, columns: checkColumns, info: true });
  pipeline(createReadStream(path), parser, () => undefined); // an error of either ends the loop below
  let count = 0;
  let at = 1;
  try {
    for await (const { record, info } of parser) {
      at = info.lines;
      take(record);
      count += 1;
    }
  } catch (error) {
    throw new InputError(describe(error, `${path}, line ${at}`));
  }
  return count;
}

function checkColumns(header: readonly string[]): string[] {
  const missing = COLUMNS.filter((column) => !header.includes(column));
  if (missing.length > 0) throw new InputError(`the first line does not name ${missing.join(", ")}`);
  return [...header];
}

/** @throws InputError where it is no whole number */
export function readQuantity(text: string): bigint {
  if (!/^-?\d{1,12}$/.test(text)) throw new InputError(`"${text}" is not a whole number`);
  return BigInt(text);
}

/** @throws InputError where it cannot be an invoice's number */
export function readInvoiceNumber(text: string): string {
  if (!/^[A-Za-z0-9-]{1,32}$/.test(text)) throw new InputError(`"${text}" is not an invoice number`);
  return text;
}

export function isCreditNote(invoiceNumber: string): boolean {
  return invoiceNumber.startsWith("C");
}

function describe(error: unknown, place: string): string {
  if (error instanceof InputError || error instanceof CsvError) return `${place}: ${error.message}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? `${place.replace(/, line .*/, "")} does not exist` : `${place}: ${message}`;
}
