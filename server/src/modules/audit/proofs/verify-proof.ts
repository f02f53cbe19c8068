// Checks proofs with nothing but the roots: the algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2. Anybody who distrusts the server can
// run these, or their own.
import { hashNode, hashNothing } from "./merkle-hash.ts";

export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Buffer;
  readonly path: readonly Buffer[];
}

/** The root that the proof leads to; undefined where it cannot be a proof for this position. */
export function rootOfInclusion({ index, size, leafHash, path }: InclusionProof): Buffer | undefined {
  if (index < 0 || index >= size) return undefined;
  let [node, last] = [BigInt(index), BigInt(size) - 1n];
  let root = leafHash;
  for (const hash of path) {
    if (last === 0n) return undefined;
    if ((node & 1n) === 1n || node === last) {
      root = hashNode(hash, root);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else root = hashNode(root, hash);
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? root : undefined;
}

export interface ConsistencyProof {
  readonly before: { readonly size: number; readonly root: Buffer };
  readonly after: { readonly size: number; readonly root: Buffer };
  readonly path: readonly Buffer[];
}

/** Whether the earlier tree is the beginning of the later one. */
export function isConsistent({ before, after, path }: ConsistencyProof): boolean {
  if (before.size > after.size) return false;
  if (before.size === after.size) return path.length === 0 && before.root.equals(after.root);
  if (before.size === 0) return path.length === 0 && before.root.equals(hashNothing());
  const isPowerOfTwo = Number.isInteger(Math.log2(before.size));
  const [first, ...rest] = isPowerOfTwo ? [before.root, ...path] : path;
  if (first === undefined) return false;
  let [node, last] = [BigInt(before.size) - 1n, BigInt(after.size) - 1n];
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let [earlier, later] = [first, first];
  for (const hash of rest) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      earlier = hashNode(hash, earlier);
      later = hashNode(hash, later);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else later = hashNode(later, hash);
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && earlier.equals(before.root) && later.equals(after.root);
}
