// The formats of exported rows: CSV, one JSON array, or one JSON document per line.
import { stringify } from "csv-stringify/sync";
import type { RowExport } from "../../modules/module.ts";

export const EXPORT_FORMATS = ["csv", "json", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type RowShape<Row> = Pick<RowExport<Row, never>, "columns" | "texts">;

export interface RowFormat<Row> {
  readonly head: string;
  readonly rows: (page: readonly Row[], isFirst: boolean) => string;
  readonly foot: string;
}

export function formatRows<Row>(format: ExportFormat, shape: RowShape<Row>): RowFormat<Row> {
  if (format === "csv")
    return {
      head: writeCsv([shape.columns]),
      rows: (page) => writeCsv(page.map((row) => toCells(row, shape))),
      foot: "",
    };
  const lines = (page: readonly Row[]) => page.map((row) => JSON.stringify(row));
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

function toCells<Row>(row: Row, { columns, texts }: RowShape<Row>): (string | null)[] {
  return columns.map((column) => {
    const value: unknown = row[column];
    if (value === null || value === undefined) return null;
    if (typeof value === "object") return guard(JSON.stringify(value));
    return texts.includes(column) ? guard(String(value)) : String(value);
  });
}

/** A spreadsheet treats text that begins like this as a formula: the apostrophe makes it text again. */
function guard(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
