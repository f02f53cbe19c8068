// Hash tiles: a tile of level L holds up to 256 hashes, each the root over 256^L leaves. Appending changes one tile per level;
// any proof reads two or three tiles. The tree is not stored in any other form.
import { foldHashes, HASH_BYTES } from "./merkle-hash.ts";

export const TILE_WIDTH = 256;
const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

export interface Tile {
  readonly level: number;
  readonly position: number;
  /** For level 0: the key of its first leaf. */
  readonly firstKey: bigint | null;
  readonly hashes: Buffer;
}

export interface Leaf {
  readonly key: bigint;
  readonly hash: Buffer;
}

/** The last, partial tile of each level of a log with `size` leaves: level and position, where there is one. */
export function partialTiles(size: number): { level: number; position: number }[] {
  const tiles: { level: number; position: number }[] = [];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH))
    if (count % TILE_WIDTH > 0) tiles.push({ level, position: Math.floor(count / TILE_WIDTH) });
  return tiles;
}

/**
 * The tiles that are made or changed by appending.
 * @param partial the tiles that `partialTiles(size)` names
 */
export function appendLeaves(size: number, partial: readonly Tile[], leaves: readonly Leaf[]): Tile[] {
  const changed: Tile[] = [];
  let count = size;
  let added: Buffer = Buffer.concat(leaves.map((leaf) => leaf.hash));
  for (let level = 0; added.length > 0; level += 1) {
    const tiles = fillTiles({ level, count, partial: partial.find((tile) => tile.level === level) }, added);
    changed.push(
      ...tiles.map((tile) => (level === 0 ? withFirstKey(tile, { size, leaves, partial }) : tile)),
    );
    const full = tiles.filter((tile) => tile.hashes.length === TILE_BYTES);
    added = Buffer.concat(full.map((tile) => foldHashes(tile.hashes)));
    count = Math.floor(count / TILE_WIDTH);
  }
  return changed;
}

function fillTiles(
  { level, count, partial }: { level: number; count: number; partial: Tile | undefined },
  added: Buffer,
): Tile[] {
  const before = count % TILE_WIDTH === 0 ? Buffer.alloc(0) : partial?.hashes;
  if (before === undefined || before.length !== (count % TILE_WIDTH) * HASH_BYTES)
    throw new Error(
      `the last tile of level ${level} does not have the ${count % TILE_WIDTH} hashes it should have`,
    );
  const all = Buffer.concat([before, added]);
  const tiles: Tile[] = [];
  for (let at = 0; at < all.length; at += TILE_BYTES) {
    const position = Math.floor(count / TILE_WIDTH) + at / TILE_BYTES;
    tiles.push({ level, position, firstKey: null, hashes: all.subarray(at, at + TILE_BYTES) });
  }
  return tiles;
}

function withFirstKey(
  tile: Tile,
  { size, leaves, partial }: { size: number; leaves: readonly Leaf[]; partial: readonly Tile[] },
): Tile {
  const first = tile.position * TILE_WIDTH - size;
  const firstKey = first < 0 ? partial.find(({ level }) => level === 0)?.firstKey : leaves[first]?.key;
  if (firstKey === undefined) throw new Error(`tile ${tile.position} has no first leaf`);
  return { ...tile, firstKey };
}
