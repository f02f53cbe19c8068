// A Merkle tree that only grows and only keeps its right edge: it gives the root of any size it passes, and keeps few hashes.
// A second way to compute roots, independent of the tiles, for verifying them.
import { hashNode, hashNothing } from "./merkle-hash.ts";

export interface CompactTree {
  readonly add: (leafHash: Buffer) => void;
  readonly size: () => number;
  readonly root: () => Buffer;
}

export function createCompactTree(): CompactTree {
  /** Roots of complete subtrees, largest first; their sizes are the powers of two in `size`. */
  const edge: Buffer[] = [];
  let size = 0;
  return {
    add: (leafHash) => {
      let node = leafHash;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) node = hashNode(edge.pop() ?? node, node);
      edge.push(node);
      size += 1;
    },
    size: () => size,
    root: () =>
      edge.reduceRight<Buffer | undefined>(
        (right, left) => (right === undefined ? left : hashNode(left, right)),
        undefined,
      ) ?? hashNothing(),
  };
}
