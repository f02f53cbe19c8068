// A writer that commits one row after another numbers its rows from 1. A missing number means that a row was removed between its
// commit and the sequencer.
import type { PendingRow } from "./sequence-store.ts";

export interface Gap {
  readonly writer: string;
  readonly from: bigint;
  readonly to: bigint;
  /** When the row after the gap was written. */
  readonly at: string;
}

export function findGaps(
  rows: readonly Pick<PendingRow, "writer" | "number" | "at">[],
  before: ReadonlyMap<string, bigint>,
): { gaps: Gap[]; lastNumbers: Map<string, bigint> } {
  const lastNumbers = new Map<string, bigint>();
  const gaps: Gap[] = [];
  for (const { writer, number, at } of rows) {
    if (writer === null || number === null) continue;
    const expected = (lastNumbers.get(writer) ?? before.get(writer) ?? 0n) + 1n;
    if (number > expected) gaps.push({ writer, from: expected, to: number - 1n, at });
    lastNumbers.set(writer, number);
  }
  return { gaps, lastNumbers };
}
