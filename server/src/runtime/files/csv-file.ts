// Reads CSV as other programs write it: values separated by commas, semicolons, tabs or bars, as detected from the header;
// Excel's "sep=" line; any of the encodings that text-file.ts knows.
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { parse as parseAtOnce } from "csv-parse/sync";
import { readTextFile, TextFileError } from "./text-file.ts";

export interface CsvRow {
  /** The line in the file; the header is 1 (or 2 after "sep="). For a row with line breaks in its values, its first line. */
  readonly line: number;
  readonly values: readonly string[];
}

export interface CsvFile {
  /** As written in the file. */
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<CsvRow>;
}

const DELIMITERS = [",", ";", "\t", "|"];
const HEADER_LENGTH_MAX = 65_536;
const SEPARATOR_LINE = /^sep=(.)\r?\n/i;

/** @throws TextFileError where it is empty, not text or not CSV; `rows` throws it too */
export async function openCsv(path: string): Promise<CsvFile> {
  const pieces = readTextFile(path);
  const { start, rest } = await takeStart(pieces);
  const [line, given] = SEPARATOR_LINE.exec(start) ?? [""];
  const body = start.slice(line.length);
  if (body.trim() === "") throw new TextFileError("is empty");
  const delimiter = given ?? chooseDelimiter(body);
  const options = { delimiter, trim: true, skip_empty_lines: true, skip_records_with_empty_values: true };
  const parser = parse({ ...options, info: true, raw: true });
  const text = async function* join() {
    yield body;
    yield* rest;
  };
  const records = Readable.from(text()).compose(parser) as AsyncIterable<Parsed>;
  const rows = readRows(records, line === "" ? 0 : 1);
  const header = await rows.next();
  if (header.done === true) throw new TextFileError("is empty");
  return { columns: header.value.values, rows };
}

interface Parsed {
  readonly record: string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

async function* readRows(records: AsyncIterable<Parsed>, linesBefore: number): AsyncGenerator<CsvRow> {
  try {
    for await (const { record, raw, info } of records) {
      const breaks = raw.trim().split(/\r\n|\r|\n/).length - 1;
      yield { line: info.lines - breaks + linesBefore, values: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new TextFileError(`is no CSV: ${error.message}`);
  }
}

/** Long enough to hold the header, without its byte order mark. */
async function takeStart(
  pieces: AsyncGenerator<string>,
): Promise<{ start: string; rest: AsyncGenerator<string> }> {
  let start = "";
  while (start.length < HEADER_LENGTH_MAX) {
    const { value, done } = await pieces.next();
    if (done === true) break;
    start += value;
  }
  return { start: start.replace(/^\uFEFF/, ""), rest: pieces };
}

/** The separator that finds the most columns in the header. */
function chooseDelimiter(text: string): string {
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: countColumns(text, delimiter) }));
  const [best] = counts.toSorted((a, b) => b.count - a.count);
  return best?.delimiter ?? ",";
}

function countColumns(text: string, delimiter: string): number {
  try {
    const options = { delimiter, to: 1, skip_empty_lines: true, relax_quotes: true } as const;
    const [header = []] = parseAtOnce(text, options) as string[][];
    return header.length;
  } catch {
    return 0;
  }
}
