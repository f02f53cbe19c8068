// What an outsider brings to check our proofs: written from the RFCs (6962, 9162) and the C2SP pages alone, sharing no line
// with the program. Recursive where the program loops, so that both can hardly be wrong in the same way.
import { createHash, createPublicKey, verify } from "node:crypto";

const sha = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
};

export const leafHash = (content: string): Buffer => sha(Uint8Array.of(0), content);
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha(Uint8Array.of(1), left, right);

function splitOf(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The root that an inclusion proof leads to (the last hash of the path is the topmost). */
export function climb(leaf: Buffer, place: { index: number; size: number }, path: readonly Buffer[]): Buffer {
  const { index, size } = place;
  if (size === 1) {
    if (path.length > 0 || index !== 0) throw new Error("the path is too long");
    return leaf;
  }
  const top = path.at(-1);
  if (top === undefined) throw new Error("the path is too short");
  const split = splitOf(size);
  const below = path.slice(0, -1);
  return index < split
    ? nodeHash(climb(leaf, { index, size: split }, below), top)
    : nodeHash(top, climb(leaf, { index: index - split, size: size - split }, below));
}

interface Roots {
  readonly earlier: Buffer;
  readonly later: Buffer;
}

/** Roots of both trees that a consistency proof leads to. `whole`: the earlier tree is all of this subtree's beginning. */
export function bridge(
  sizes: { before: number; after: number },
  path: readonly Buffer[],
  known?: Buffer,
): Roots {
  const { before, after } = sizes;
  if (before === after) {
    const root = known ?? path[0];
    if (root === undefined || path.length !== (known === undefined ? 1 : 0)) throw new Error("a wrong path");
    return { earlier: root, later: root };
  }
  const top = path.at(-1);
  if (top === undefined) throw new Error("the path is too short");
  const split = splitOf(after);
  const below = path.slice(0, -1);
  if (before <= split) {
    const left = bridge({ before, after: split }, below, known);
    return { earlier: left.earlier, later: nodeHash(left.later, top) };
  }
  const right = bridge({ before: before - split, after: after - split }, below);
  return { earlier: nodeHash(top, right.earlier), later: nodeHash(top, right.later) };
}

/** Opens a checkpoint with a verifier key. @throws Error where anything about it is wrong */
export function openCheckpoint(
  note: string,
  verifierKey: string,
): { origin: string; size: number; root: Buffer } {
  const [name = "", id = "", ...rest] = verifierKey.trim().split("+");
  const key = Buffer.from(rest.join("+"), "base64");
  if (!sha(`${name}\n`, key).subarray(0, 4).equals(Buffer.from(id, "hex")))
    throw new Error("not this key's id");
  const raw = key.subarray(1).toString("base64url");
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw }, format: "jwk" });
  const [text = "", signatures = ""] = note.split("\n\n");
  const [dash, signer, encoded = ""] = signatures.trim().split(" ");
  const signature = Buffer.from(encoded, "base64");
  if (dash !== "—" || signer !== name || signature.subarray(0, 4).toString("hex") !== id)
    throw new Error("not signed by this key");
  if (!verify(null, Buffer.from(`${text}\n`), publicKey, signature.subarray(4)))
    throw new Error("a wrong signature");
  const [origin = "", size, root = ""] = text.split("\n");
  return { origin, size: Number(size), root: Buffer.from(root, "base64") };
}
