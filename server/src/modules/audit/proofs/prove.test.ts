import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashLeaf } from "./merkle-hash.ts";
import { proveConsistency, proveInclusion, rootOf, type TileReader } from "./prove.ts";
import { appendLeaves, partialTiles, type Tile } from "./tiles.ts";
import { isConsistent, rootOfInclusion } from "./verify-proof.ts";

// An implementation of its own, straight from the definitions of RFC 6962, 2.1: the judge of ours.
const sha = (...parts: (string | Buffer)[]) =>
  parts.reduce((digest, part) => digest.update(part), createHash("sha256")).digest();
const treeHash = (leaves: readonly string[]): Buffer => {
  if (leaves.length === 0) return sha("");
  if (leaves.length === 1) return sha("\x00", leaves[0] ?? "");
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha("\x01", treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
};

function growLog(contents: readonly string[], steps: readonly number[]): TileReader {
  const shelf = new Map<string, Tile>();
  const key = (level: number, position: number) => `${level}/${position}`;
  let size = 0;
  for (const step of steps) {
    const leaves = contents.slice(size, size + step).map((content, index) => ({
      key: BigInt(size + index),
      hash: hashLeaf(content),
    }));
    const partial = partialTiles(size).flatMap((tile) => shelf.get(key(tile.level, tile.position)) ?? []);
    for (const tile of appendLeaves(size, partial, leaves)) shelf.set(key(tile.level, tile.position), tile);
    size += leaves.length;
  }
  return async (level, position) => {
    const tile = shelf.get(key(level, position));
    if (tile === undefined) throw new Error(`no tile ${key(level, position)}`);
    return tile.hashes;
  };
}

const contents = (count: number) => Array.from({ length: count }, (_, n) => `leaf ${n}`);

test("the known roots of RFC 6962's own examples come out", async () => {
  const hexes = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ];
  const shelf = growLog(
    hexes.map((hex) => Buffer.from(hex, "hex").toString("latin1")),
    [3, 5],
  );
  expect((await rootOf(shelf, 0, 1)).toString("hex")).toBe(
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  );
  expect((await rootOf(shelf, 0, 8)).toString("hex")).toBe(
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  );
});

test("every inclusion proof in every tree of up to 40 leaves leads to the root, and to no other place", async () => {
  const leaves = contents(40);
  const read = growLog(leaves, [1, 2, 3, 7, 27]);
  for (let size = 1; size <= 40; size += 1) {
    const root = treeHash(leaves.slice(0, size));
    expect((await rootOf(read, 0, size)).equals(root)).toBe(true);
    for (let index = 0; index < size; index += 1) {
      const path = await proveInclusion(read, index, size);
      const proof = { index, size, leafHash: hashLeaf(leaves[index] ?? ""), path };
      expect(rootOfInclusion(proof)?.equals(root)).toBe(true);
      for (const other of [index - 1, index + 1])
        expect(rootOfInclusion({ ...proof, index: other })?.equals(root) ?? false).toBe(false);
      expect(rootOfInclusion({ ...proof, path: path.slice(1) })?.equals(root) ?? false).toBe(
        path.length === 0,
      );
    }
  }
});

test("every consistency proof between trees of up to 40 leaves holds, and fails for any other history", async () => {
  const leaves = contents(40);
  const read = growLog(leaves, [40]);
  const roots = Array.from({ length: 41 }, (_, size) => treeHash(leaves.slice(0, size)));
  const forged = treeHash(["another leaf", ...leaves.slice(1, 20)]);
  for (let before = 0; before <= 40; before += 1)
    for (let size = before; size <= 40; size += 1) {
      const path = await proveConsistency(read, before, size);
      const of = (earlier: Buffer | undefined, later: Buffer | undefined) =>
        isConsistent({
          before: { size: before, root: earlier ?? forged },
          after: { size, root: later ?? forged },
          path,
        });
      expect(of(roots[before], roots[size])).toBe(true);
      expect(of(forged, roots[size])).toBe(false);
      if (before > 0) expect(of(roots[before], forged)).toBe(false);
    }
});

test("trees over several levels of tiles have the roots and proofs of the definition", async () => {
  const leaves = contents(70_000);
  const read = growLog(leaves, [1, 255, 256, 511, 65_000, 3_000, 977]);
  for (const size of [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000]) {
    const root = treeHash(leaves.slice(0, size));
    expect((await rootOf(read, 0, size)).equals(root)).toBe(true);
    for (const index of [0, size >> 1, size - 1]) {
      const path = await proveInclusion(read, index, size);
      expect(
        rootOfInclusion({ index, size, leafHash: hashLeaf(leaves[index] ?? ""), path })?.equals(root),
      ).toBe(true);
    }
    const path = await proveConsistency(read, 255, size);
    const before = { size: 255, root: treeHash(leaves.slice(0, 255)) };
    expect(isConsistent({ before, after: { size, root }, path })).toBe(true);
  }
});
