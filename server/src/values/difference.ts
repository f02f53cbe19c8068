// A finding of a verification, the same in every module: one thing that does not agree with what it is derived from.
import { ownOf } from "./own-of.ts";

/** `Id`: the names of the ids of the thing concerned. Amounts are decimal strings with their currency's code. */
export type Difference<Check extends string = string, Id extends string = string> = {
  readonly check: Check;
  /** One sentence that names the difference. */
  readonly what: string;
  /** What it should be, according to what it is derived from. */
  readonly expected?: string;
  /** What is stored. */
  readonly stored?: string;
} & { readonly [id in Id]?: string | number | undefined };

/** Sorts by stamp: by the first of `ids` that a difference has. Differences with none of them go last. */
export function sortByStamp<Found extends Difference>(
  differences: readonly Found[],
  ids: readonly string[],
): Found[] {
  const stampOf = (found: Difference) =>
    Number(ids.map((id) => ownOf(found, id)).find((id) => id !== undefined));
  return differences.toSorted((a, b) => (stampOf(a) || LAST) - (stampOf(b) || LAST));
}

const LAST = Number.MAX_SAFE_INTEGER;

/** Puts both sides of a difference into words. */
export function tellBoth<Told>(
  { expected, stored }: { readonly expected: Told; readonly stored: Told },
  tell: (told: Told) => string,
): { expected: string; stored: string } {
  return { expected: tell(expected), stored: tell(stored) };
}
