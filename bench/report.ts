// The one table, and the same as JSON.
import { cpus } from "node:os";
import { type Figure, isMet } from "./figures.ts";
import { type Row, type Sample, type Samples, summarizeRow } from "./measure.ts";

export interface Report {
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly node: string;
    readonly postgres: string;
  };
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly (Sample & {
    readonly id: string;
    readonly label: string;
    readonly samples: readonly Sample[];
  })[];
  readonly figures: readonly (Figure & { readonly met: boolean | undefined })[];
  readonly notes: readonly string[];
  /** Undefined when `countinghouse verify` found nothing. */
  readonly bookTrouble: string | undefined;
}

export interface ReportParts {
  readonly postgres: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly samples: Samples;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** Undefined when `countinghouse verify` found nothing. */
  readonly bookTrouble: string | undefined;
}

export function buildReport(parts: ReportParts): Report {
  const { postgres, rounds, seconds, samples, notes, bookTrouble } = parts;
  const rows = parts.rows.flatMap(({ id, label }) => {
    const sample = summarizeRow(samples, id);
    return sample === undefined ? [] : [{ id, label, ...sample, samples: samples.get(id) ?? [] }];
  });
  const processors = cpus();
  const machine = {
    processor: processors[0]?.model ?? "unknown",
    cores: processors.length,
    node: process.version,
    postgres,
  };
  return {
    machine,
    rounds,
    seconds,
    rows,
    figures: parts.figures.map((figure) => ({ ...figure, met: isMet(figure) })),
    notes,
    bookTrouble,
  };
}

export function formatReport(report: Report): string {
  const { machine, rounds, seconds } = report;
  const lines = [
    `${machine.cores} × ${machine.processor}, Node ${machine.node}, PostgreSQL ${machine.postgres}; load, server and database share them.`,
    ...(report.rows.length === 0
      ? []
      : [`${rounds} rounds of ${seconds} s a row in turns; medians.`, "", ...formatRows(report.rows)]),
    "",
    ...formatFigures(report.figures),
    ...report.notes.map((note) => `note: ${note}`),
    ...(report.bookTrouble === undefined ? [] : [`THE BOOKS DO NOT AGREE: ${report.bookTrouble}`]),
  ];
  return lines.join("\n");
}

function formatRows(rows: Report["rows"]): string[] {
  const cells = rows.map((row) => [
    row.label,
    formatNumber(row.perSecond),
    formatNumber(row.p50Ms),
    formatNumber(row.p99Ms),
    row.serverUs === undefined ? "" : formatNumber(row.serverUs),
    row.postgresUs === undefined ? "" : formatNumber(row.postgresUs),
  ]);
  return alignCells([["row", "per second", "p50 ms", "p99 ms", "server µs", "PostgreSQL µs"], ...cells]);
}

function formatFigures(figures: Report["figures"]): string[] {
  const cells = figures.map((figure) => [
    figure.label,
    `${formatNumber(figure.value)} ${figure.unit}`,
    formatTarget(figure),
    formatVerdict(figure.met),
  ]);
  return alignCells([["figure", "value", "target", ""], ...cells]);
}

function formatTarget({ target }: Figure): string {
  if (target === undefined) return "";
  return target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
}

function formatVerdict(met: boolean | undefined): string {
  if (met === undefined) return "";
  return met ? "met" : "MISSED";
}

function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** The first column to the left, the others to the right. */
function alignCells(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
