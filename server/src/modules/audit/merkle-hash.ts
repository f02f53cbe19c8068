// The hashes of a transparency log, as RFC 6962 defines them: a leaf is SHA-256(0x00 || bytes), a node
// SHA-256(0x01 || left || right), so that no leaf can pass for a node.
import { createHash, hash } from "node:crypto";

export const HASH_BYTES = 32;
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

export function hashLeaf(content: string | Buffer): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return hash("sha256", Buffer.concat([LEAF, bytes], bytes.length + 1), "buffer");
}

export function hashNode(left: Buffer, right: Buffer): Buffer {
  return hash("sha256", Buffer.concat([NODE, left, right], 1 + 2 * HASH_BYTES), "buffer");
}

/** Root of the tree without leaves. */
export function hashNothing(): Buffer {
  return createHash("sha256").digest();
}

/** Root over a whole number of hashes that are a power of two. */
export function foldHashes(hashes: Buffer): Buffer {
  let level = hashes;
  while (level.length > HASH_BYTES) {
    const above: Buffer[] = [];
    for (let at = 0; at < level.length; at += 2 * HASH_BYTES)
      above.push(
        hashNode(level.subarray(at, at + HASH_BYTES), level.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES)),
      );
    level = Buffer.concat(above);
  }
  return level;
}

/** One link of the chain: it binds an entry to all entries before it. The first one follows 32 zero bytes. */
export function chainHash(before: Buffer, leaf: Buffer): Buffer {
  return hash("sha256", Buffer.concat([before, leaf], 2 * HASH_BYTES), "buffer");
}

export const CHAIN_START: Buffer = Buffer.alloc(HASH_BYTES);
