// Signed notes and checkpoints as C2SP defines them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), with Ed25519 keys:
// three lines (origin, size, root), an empty line, and a signature line that names its key.
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { HASH_BYTES } from "../proofs/merkle-hash.ts";

const ED25519 = 0x01;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** RFC 8410: the bytes before the 32 bytes of a private key (PKCS #8) and of a public key (SPKI). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject;
  /** `name+key id+key`: everything a verifier needs, in the form that other tools of this kind read. */
  readonly verifierKey: string;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** Makes a signer from the 32 secret bytes of an Ed25519 key. */
export function createSigner(name: string, seed: Buffer): NoteSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey(privateKey);
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI_PREFIX.length);
  const encoded = Buffer.concat([Buffer.from([ED25519]), raw]);
  const keyId = keyIdOf(name, encoded);
  const verifierKey = `${name}+${keyId.toString("hex")}+${encoded.toString("base64")}`;
  return { name, keyId, publicKey, privateKey, verifierKey };
}

function keyIdOf(name: string, encodedKey: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), encodedKey]);
  return hash("sha256", named, "buffer").subarray(0, KEY_ID_BYTES);
}

/** Reads a verifier key; undefined where it is malformed or its key id is not its own. */
export function readVerifierKey(text: string): NoteVerifier | undefined {
  const [, name, id, key] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || key === undefined) return undefined;
  const encoded = readBase64(key);
  if (encoded?.length !== 1 + 32 || encoded[0] !== ED25519) return undefined;
  const keyId = keyIdOf(name, encoded);
  if (keyId.toString("hex") !== id) return undefined;
  const spki = Buffer.concat([SPKI_PREFIX, encoded.subarray(1)]);
  return { name, keyId, publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }) };
}

/** Signs `text`, which ends with a newline. */
export function signNote(signer: NoteSigner, text: string): string {
  const signature = sign(null, Buffer.from(text), signer.privateKey);
  return `${text}\n— ${signer.name} ${Buffer.concat([signer.keyId, signature]).toString("base64")}\n`;
}

const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;

/** The text of a note that this key signed; undefined where it did not, or the note is malformed. Ignores other signatures. */
export function openNote(verifier: NoteVerifier, note: string): string | undefined {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) return undefined;
  const text = note.slice(0, end + 1);
  const lines = note
    .slice(end + 2, -1)
    .split("\n")
    .map((line) => SIGNATURE_LINE.exec(line));
  if (lines.some((line) => line === null)) return undefined;
  return lines.some((line) => isSignature(verifier, text, line)) ? text : undefined;
}

function isSignature(verifier: NoteVerifier, text: string, line: RegExpExecArray | null): boolean {
  const [, name, encoded] = line ?? [];
  const bytes = encoded === undefined ? undefined : readBase64(encoded);
  if (name !== verifier.name || bytes?.length !== KEY_ID_BYTES + SIGNATURE_BYTES) return false;
  if (!bytes.subarray(0, KEY_ID_BYTES).equals(verifier.keyId)) return false;
  return verify(null, Buffer.from(text), verifier.publicKey, bytes.subarray(KEY_ID_BYTES));
}

export function writeCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** Undefined where the text is not a checkpoint. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]+=)\n$/.exec(text) ?? [];
  if (origin === undefined || size === undefined || root === undefined) return undefined;
  const bytes = readBase64(root);
  return bytes?.length === HASH_BYTES ? { origin, size: Number(size), root: bytes } : undefined;
}

/** Undefined where the text is not the one base64 form of its bytes. */
export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
