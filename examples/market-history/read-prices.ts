// Reads a share's daily prices, Date,Open,High,Low,Close,..., as whole cents: what is finer is rounded half to even.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { parse } from "csv-parse";
import { InputError } from "../online-retail/input-error.ts";

export interface Day {
  /** "2000-03-01" */
  readonly date: string;
  /** Cents: the open, then low and high with the farther from the close first, then the close. */
  readonly quotes: readonly [number, number, number, number];
}

const COLUMNS = ["Date", "Open", "High", "Low", "Close"] as const;
type Line = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** @throws InputError naming the file and the line */
export async function readPrices(path: string): Promise<Day[]> {
  const parser = parse({ bom: true, columns: true, info: true });
  pipeline(createReadStream(path), parser, () => undefined); // an error of either ends the loop below
  const days: Day[] = [];
  let at = 1;
  try {
    for await (const { record, info } of parser) {
      at = info.lines;
      days.push(readDay(record));
    }
  } catch (error) {
    throw new InputError(`${path}, line ${at}: ${error instanceof Error ? error.message : error}`);
  }
  if (days.length === 0) throw new InputError(`${path} has no days`);
  return days;
}

function readDay(line: Line): Day {
  for (const column of COLUMNS) if (line[column] === undefined) throw new Error(`there is no ${column}`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(line.Date)) throw new Error(`"${line.Date}" is no date`);
  const [open, high, low, close] = [line.Open, line.High, line.Low, line.Close].map(readCents) as [
    number,
    number,
    number,
    number,
  ];
  return { date: line.Date, quotes: close >= open ? [open, low, high, close] : [open, high, low, close] };
}

function readCents(text: string): number {
  const match = /^(\d{1,9})(?:\.(\d{1,20}))?$/.exec(text);
  if (match === null) throw new Error(`"${text}" is no price`);
  const decimals = (match[2] ?? "").padEnd(2, "0");
  const cents = Number(`${match[1]}${decimals.slice(0, 2)}`);
  const rest = decimals.slice(2).replace(/0+$/, "");
  const isAbove = rest > "5" || (rest === "5" && cents % 2 === 1);
  const rounded = cents + Number(isAbove);
  if (rounded === 0) throw new Error("a price is zero");
  return rounded;
}
