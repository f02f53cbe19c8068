// How exported transactions are written: as CSV, as one JSON array, or as a JSON document a line.
import { stringify } from "csv-stringify/sync";
import type { TransactionRow } from "../modules/banking/index.ts";

export const EXPORT_FORMATS = ["csv", "json", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface RowFormat {
  readonly head: string;
  readonly rows: (page: readonly TransactionRow[], isFirst: boolean) => string;
  readonly foot: string;
}

const COLUMNS = [
  "id",
  "created_at",
  "type",
  "status",
  "account_id",
  "to_account_id",
  "amount",
  "currency",
  "reference",
  "metadata",
  "reverses",
  "failure_code",
] as const satisfies readonly (keyof TransactionRow)[];

export function formatRows(format: ExportFormat): RowFormat {
  if (format === "csv")
    return { head: writeCsv([COLUMNS]), rows: (page) => writeCsv(page.map(toCells)), foot: "" };
  const lines = (page: readonly TransactionRow[]) => page.map((row) => JSON.stringify(row));
  if (format === "ndjson") return { head: "", rows: (page) => `${lines(page).join("\n")}\n`, foot: "" };
  return {
    head: "[",
    rows: (page, isFirst) => `${isFirst ? "\n" : ",\n"}${lines(page).join(",\n")}`,
    foot: "\n]\n",
  };
}

/** RFC 4180: CRLF between rows, quotes where needed. */
function writeCsv(rows: readonly (readonly (string | null)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: "windows" },
  );
}

function toCells(row: TransactionRow): (string | null)[] {
  const metadata = row.metadata === null ? null : JSON.stringify(row.metadata);
  const texts = { ...row, reference: guard(row.reference), metadata: guard(metadata) };
  return COLUMNS.map((column) => texts[column]);
}

/** A spreadsheet takes text that begins so for a formula: the apostrophe makes it text again. */
function guard(text: string | null): string | null {
  return text !== null && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
