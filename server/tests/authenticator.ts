// A WebAuthn authenticator in software, with the browser around it: makes ES256 keys, attestation "none" in CBOR, and
// signs what it is asked to. It can misbehave: sign for another origin or relying party, count backwards, ask nobody.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface Credential {
  readonly id: Buffer;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  counter: number;
  readonly userHandle: string;
}

export interface Ceremony {
  readonly origin: string;
  readonly rpId: string;
  /** The device asked who holds it. */
  readonly userVerified: boolean;
  readonly challenge: string;
  readonly synced: boolean;
}

/** Bits of what a device says of itself. */
const FLAGS = { present: 0x01, verified: 0x04, backedUp: 0x18, attested: 0x40 };

/** What `navigator.credentials.create()` would answer on a page, as JSON, with the key that it made. */
export function createCredential(options: CreationOptions, change: Partial<Ceremony> = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(16);
  const ceremony = { ...ceremonyOf(options, options.rp.id), ...change };
  const key = { id, privateKey, publicKey, counter: 0, userHandle: options.user.id };
  const clientData = makeClientData("webauthn.create", ceremony);
  const authenticatorData = Buffer.concat([
    makeHead(ceremony, FLAGS.attested, 0),
    Buffer.alloc(16), // AAGUID
    Buffer.from([0, id.length]),
    id,
    encodeCose(publicKey),
  ]);
  const attestationObject = cborMap([
    [cborText("fmt"), cborText("none")],
    [cborText("attStmt"), cborMap([])],
    [cborText("authData"), cborBytes(authenticatorData)],
  ]);
  const response = {
    clientDataJSON: clientData.toString("base64url"),
    attestationObject: attestationObject.toString("base64url"),
    transports: ["internal"],
  };
  return { key, credential: describe(id, response) };
}

export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id: string };
  readonly user: { readonly id: string };
}
export interface RequestOptions {
  readonly challenge: string;
  readonly rpId: string;
}

/** What `navigator.credentials.get()` would answer on a page, as JSON. Counts up, unless `counter` is given. */
export function signChallenge(
  key: Credential,
  options: RequestOptions,
  change: Partial<Ceremony> & { readonly counter?: number } = {},
) {
  key.counter += 1;
  const ceremony = { ...ceremonyOf(options, options.rpId), ...change };
  const clientData = makeClientData("webauthn.get", ceremony);
  const authenticatorData = makeHead(ceremony, 0, change.counter ?? key.counter);
  const signed = Buffer.concat([authenticatorData, createHash("sha256").update(clientData).digest()]);
  const response = {
    clientDataJSON: clientData.toString("base64url"),
    authenticatorData: authenticatorData.toString("base64url"),
    signature: sign("sha256", signed, key.privateKey).toString("base64url"),
    userHandle: key.userHandle,
  };
  return describe(key.id, response);
}

export const ORIGIN = "http://localhost:8000";

function ceremonyOf({ challenge }: { readonly challenge: string }, rpId: string): Ceremony {
  return { origin: ORIGIN, rpId, userVerified: true, challenge, synced: false };
}

function describe<T>(id: Buffer, response: T) {
  const text = id.toString("base64url");
  const common = { id: text, rawId: text, type: "public-key", authenticatorAttachment: "platform" };
  return { ...common, clientExtensionResults: {}, response };
}

function makeClientData(type: string, { challenge, origin }: Ceremony): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}

/** SHA-256 of the relying party's id, flags, counter. */
function makeHead({ rpId, userVerified, synced }: Ceremony, flags: number, counter: number): Buffer {
  const head = Buffer.alloc(37);
  createHash("sha256").update(rpId).digest().copy(head);
  head[32] = flags | FLAGS.present | (userVerified ? FLAGS.verified : 0) | (synced ? FLAGS.backedUp : 0);
  head.writeUInt32BE(counter, 33);
  return head;
}

/** An EC2 key for ES256 (RFC 9053). */
function encodeCose(publicKey: KeyObject): Buffer {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return cborMap([
    [cborInteger(1), cborInteger(2)], // kty: EC2
    [cborInteger(3), cborInteger(-7)], // alg: ES256
    [cborInteger(-1), cborInteger(1)], // crv: P-256
    [cborInteger(-2), cborBytes(Buffer.from(x, "base64url"))],
    [cborInteger(-3), cborBytes(Buffer.from(y, "base64url"))],
  ]);
}

function cborHead(major: number, value: number): Buffer {
  const type = major << 5;
  if (value < 24) return Buffer.from([type | value]);
  if (value < 256) return Buffer.from([type | 24, value]);
  return Buffer.from([type | 25, value >> 8, value & 0xff]);
}

function cborInteger(value: number): Buffer {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
}

function cborBytes(value: Buffer): Buffer {
  return Buffer.concat([cborHead(2, value.length), value]);
}

function cborText(value: string): Buffer {
  return Buffer.concat([cborHead(3, value.length), Buffer.from(value)]);
}

function cborMap(entries: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);
}
