// What a verification finds, in every module the same: one thing that does not agree with what it derives from.
import { ownOf } from "./own-of.ts";

/** `Id` are the names of the ids of what it is about. Amounts are decimal strings with their currency's code. */
export type Difference<Check extends string = string, Id extends string = string> = {
  readonly check: Check;
  /** One sentence that names it. */
  readonly what: string;
  /** What it should be by what it derives from. */
  readonly expected?: string;
  /** What is written down. */
  readonly stored?: string;
} & { readonly [id in Id]?: string | number | undefined };

/** In the order of the stamps of what they are about: of the first of `ids` that one has. Those with none of them go last. */
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
