// Picks the largest of many by one pass: what the bounds of connections and bodies give up first.

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
