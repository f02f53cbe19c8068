// Who pays whom: the four ways in which a load spreads over the accounts, as positions in the list of accounts.

export const SPREADS = ["uniform", "zipf", "hot", "ten"] as const;
export type Spread = (typeof SPREADS)[number];

export interface Pair {
  debit: number;
  credit: number;
}

/** Makes a picker that fills in and returns one and the same object, so that picking allocates nothing. */
export function createPicker(spread: Spread, accountCount: number): () => Pair {
  if (spread === "hot") return createHotPicker(accountCount);
  const pick =
    spread === "zipf" ? createZipf(accountCount) : createUniform(spread === "ten" ? 10 : accountCount);
  const pair: Pair = { debit: 0, credit: 0 };
  return () => {
    pair.debit = pick();
    do pair.credit = pick();
    while (pair.credit === pair.debit);
    return pair;
  };
}

/** Account 0 is in every transfer, paying and being paid in turn, so that it neither fills nor empties. */
function createHotPicker(accountCount: number): () => Pair {
  const pair: Pair = { debit: 0, credit: 0 };
  let pays = false;
  return () => {
    const other = 1 + Math.floor(Math.random() * (accountCount - 1));
    pays = !pays;
    pair.debit = pays ? 0 : other;
    pair.credit = pays ? other : 0;
    return pair;
  };
}

function createUniform(count: number): () => number {
  return () => Math.floor(Math.random() * count);
}

/** Zipf with exponent 1.0: the account of rank r is picked with a probability proportional to 1/r. */
export function createZipf(count: number): () => number {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1);
    cumulative[rank] = sum;
  }
  return () => findFirstAtLeast(cumulative, Math.random() * sum);
}

function findFirstAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
