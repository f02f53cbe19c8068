// Proofs of a transparency log, as RFC 6962 defines them, read from tiles: that a leaf is in the tree of a size
// (inclusion), and that the tree of one size is the beginning of a later one (consistency). O(log n) hashes each.
import { foldHashes, HASH_BYTES, hashNode, hashNothing } from "./merkle-hash.ts";
import { TILE_WIDTH } from "./tiles.ts";

/** Reads the hashes of a tile; may be a partial one. */
export type TileReader = (level: number, position: number) => Promise<Buffer>;

/** Root of the leaves `from` to `to` (exclusive); they must form a subtree where RFC 6962 would cut the tree. */
export async function rootOf(read: TileReader, from: number, to: number): Promise<Buffer> {
  const count = to - from;
  if (count === 0) return hashNothing();
  const split = largestPowerBelow(count);
  if (split === count) return readNode(read, from, count);
  return hashNode(await rootOf(read, from, from + split), await rootOf(read, from + split, to));
}

/** The hashes next to the path from leaf `index` up to the root of the first `size` leaves, lowest first. */
export async function proveInclusion(read: TileReader, index: number, size: number): Promise<Buffer[]> {
  if (index < 0 || index >= size) throw new Error(`leaf ${index} is not among the first ${size}`);
  const path: Buffer[] = [];
  for (let [from, to] = [0, size]; to - from > 1; ) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(await rootOf(read, middle, to));
      to = middle;
    } else {
      path.push(await rootOf(read, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** Proves that the first `before` leaves are the same in the trees of both sizes. */
export async function proveConsistency(read: TileReader, before: number, size: number): Promise<Buffer[]> {
  if (before < 0 || before > size) throw new Error(`a tree of ${before} is no beginning of one of ${size}`);
  if (before === 0 || before === size) return [];
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  let isWhole = true; // whether [from, before) is the whole earlier tree, whose root the verifier has
  while (before !== to) {
    const middle = from + splitOf(to - from);
    if (before <= middle) {
      path.push(await rootOf(read, middle, to));
      to = middle;
    } else {
      path.push(await rootOf(read, from, middle));
      from = middle;
      isWhole = false;
    }
  }
  if (!isWhole) path.push(await rootOf(read, from, to));
  return path.reverse();
}

/** The largest power of two below `count` (at least 2): where RFC 6962 cuts a tree. */
function splitOf(count: number): number {
  const power = largestPowerBelow(count);
  return power === count ? count / 2 : power;
}

/** The largest power of two that is at most `count`. Without bit operators, because those end at 2^31. */
function largestPowerBelow(count: number): number {
  return 2 ** Math.floor(Math.log2(count));
}

/** The node over `count` leaves (a power of two) that begin at `from`. */
async function readNode(read: TileReader, from: number, count: number): Promise<Buffer> {
  let level = 0;
  let [first, width] = [from, count];
  while (width >= TILE_WIDTH) {
    first /= TILE_WIDTH;
    width /= TILE_WIDTH;
    level += 1;
  }
  const tile = await read(level, Math.floor(first / TILE_WIDTH));
  const at = (first % TILE_WIDTH) * HASH_BYTES;
  if (tile.length < at + width * HASH_BYTES)
    throw new Error(`tile ${Math.floor(first / TILE_WIDTH)} of level ${level} is shorter than the log`);
  return foldHashes(tile.subarray(at, at + width * HASH_BYTES));
}
