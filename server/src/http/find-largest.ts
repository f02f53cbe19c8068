// Finds the largest of many in one pass: the limits of connections and bodies give that one up first.

/** Undefined where there is none. */
export function findLargest<T>(items: Iterable<T>, weigh: (item: T) => number): T | undefined {
  let largest: T | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const weight = weigh(item);
    if (weight > most) [largest, most] = [item, weight];
  }
  return largest;
}
