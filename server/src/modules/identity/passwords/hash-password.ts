// Password hashes: Argon2id (19 MiB, 2 passes, 1 lane: OWASP's minimum of memory) as PHC strings. bcrypt hashes imported from
// other systems verify too, and are replaced at the next login. Nothing is computed on the event loop. While such hashes are in
// use, a failed login costs the work of every kind of hash, so that the time it takes tells nobody who has which kind.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { Worker } from "node:worker_threads";
import { hashRaw } from "@node-rs/argon2";
import type { HashQueue } from "./hash-queue.ts";
import { normalizePassword } from "./password-rules.ts";

/** The parameters of hashes that are made today. */
const ARGON2 = { memoryKib: 19_456, passes: 2, lanes: 1, tagBytes: 32, saltBytes: 16 } as const;
/** bcrypt ignores bytes beyond this length: two passwords with the same beginning would count as one. */
const BCRYPT_BYTES_MAX = 72;
/** The most work that an imported hash may ask of this machine. */
const MEMORY_KIB_MAX = 262_144;
const PASSES_MAX = 10;
const BCRYPT_COST_MAX = 14;

const ARGON2ID =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,172})$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const KIND = /^\$(?:2[aby]\$\d\d|argon2id\$v=19\$m=\d{1,7},t=\d{1,2},p=\d{1,2})\$/;
/** Salt and hash of a password that nobody knows: 53 random characters. */
const BCRYPT_UNFITTING = "N9qo8uLOickgx2ZMRZoMyeR5vW1cXb0TfLkq3sYdJ7hGpA2uEwB4i";

/** The beginning of hashes made today, up to their salt. */
export const TODAYS_KIND = `$argon2id$v=19$m=${ARGON2.memoryKib},t=${ARGON2.passes},p=${ARGON2.lanes}$`;

export interface PasswordHasher {
  readonly hash: (password: string) => Promise<string>;
  /**
   * `stored` null: no user has this password. A failure does the work of every kind of hash in use: for the kind of `stored`
   * with `stored` itself, for the other kinds with a hash that no password matches.
   */
  readonly verify: (password: string, stored: string | null) => Promise<boolean>;
  /** Adds kinds of hashes that are in use, until the program ends. Kinds that `verify` meets are added automatically. */
  readonly expectKinds: (kindsOrHashes: readonly string[]) => void;
}

/** @throws (from its functions) AppError `unavailable/login_busy` */
export function createPasswordHasher(queue: HashQueue): PasswordHasher {
  /** For each kind, a hash that no password matches. */
  const nothingFits = new Map([[TODAYS_KIND, makeUnfitting(TODAYS_KIND)]]);

  function expectKind(kind: string): void {
    if (!nothingFits.has(kind)) nothingFits.set(kind, makeUnfitting(kind));
  }

  async function verify(input: string, stored: string | null): Promise<boolean> {
    const password = normalizePassword(input);
    const kind = stored === null ? TODAYS_KIND : kindOf(stored);
    expectKind(kind);
    if (stored !== null && (await queue.run(() => verifyPassword(password, stored)))) return true;
    for (const [other, unfitting] of [...nothingFits])
      if (stored === null || other !== kind) await queue.run(() => verifyPassword(password, unfitting));
    return false;
  }

  return {
    hash: (password) => queue.run(() => hashPassword(normalizePassword(password))),
    verify,
    expectKinds: (hashes) => {
      for (const hash of hashes) expectKind(kindOf(hash));
    },
  };
}

/** What determines a hash's work: its algorithm and costs, "$2b$12$". */
function kindOf(stored: string): string {
  const kind = KIND.exec(stored)?.[0] ?? TODAYS_KIND;
  return kind.replace(/^\$2[ay]/, () => "$2b");
}

function makeUnfitting(kind: string): string {
  if (kind.startsWith("$2")) return `${kind}${BCRYPT_UNFITTING}`;
  return `${kind}${toBase64(randomBytes(ARGON2.saltBytes))}$${toBase64(randomBytes(ARGON2.tagBytes))}`;
}

/** Whether the hash should be replaced at the next login, because its algorithm or costs are not today's. */
export function isOutdated(stored: string): boolean {
  return !stored.startsWith(TODAYS_KIND);
}

/** Whether a hash from another system can be imported. */
export function isKnownHash(stored: string): boolean {
  if (readArgon2(stored) !== undefined) return true;
  const cost = Number(BCRYPT.exec(stored)?.[1] ?? Number.NaN);
  return cost >= 4 && cost <= BCRYPT_COST_MAX;
}

async function hashPassword(password: string): Promise<string> {
  const parameters = {
    memory: ARGON2.memoryKib,
    passes: ARGON2.passes,
    parallelism: ARGON2.lanes,
    nonce: randomBytes(ARGON2.saltBytes),
  };
  return formatArgon2(
    parameters,
    await computeArgon2(password, { ...parameters, tagLength: ARGON2.tagBytes }),
  );
}

async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const argon = readArgon2(stored);
  if (argon !== undefined) {
    const tag = await computeArgon2(password, { ...argon.parameters, tagLength: argon.tag.length });
    return timingSafeEqual(tag, argon.tag);
  }
  if (!BCRYPT.test(stored)) return false;
  const matches = await compareBcrypt(password, stored);
  return matches && Buffer.byteLength(password) <= BCRYPT_BYTES_MAX;
}

interface Parameters {
  /** In KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly nonce: Buffer;
}

/** Algorithm.Argon2id: a const enum of the package, which type stripping cannot read. */
const ARGON2_ID = 2;

/**
 * Runs on a thread of the pool. Measured: 20 ms of processor time, 86 a second on two cores; node:crypto (OpenSSL) takes 51 ms
 * for the same bytes, the package `argon2` 35 ms.
 */
function computeArgon2(
  password: string,
  { memory, passes, parallelism, nonce, tagLength }: Parameters & { readonly tagLength: number },
): Promise<Buffer> {
  return hashRaw(Buffer.from(password), {
    algorithm: ARGON2_ID,
    memoryCost: memory,
    timeCost: passes,
    parallelism,
    salt: nonce,
    outputLen: tagLength,
  });
}

function formatArgon2({ memory, passes, parallelism, nonce }: Parameters, tag: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${toBase64(nonce)}$${toBase64(tag)}`;
}

function readArgon2(stored: string): { parameters: Parameters; tag: Buffer } | undefined {
  const [, memory, passes, parallelism, salt = "", tag = ""] = ARGON2ID.exec(stored) ?? [];
  const parameters = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(salt, "base64"),
  };
  const isBearable =
    parameters.memory >= 8 * parameters.parallelism &&
    parameters.memory <= MEMORY_KIB_MAX &&
    parameters.passes >= 1 &&
    parameters.passes <= PASSES_MAX &&
    parameters.parallelism >= 1;
  return isBearable ? { parameters, tag: Buffer.from(tag, "base64") } : undefined;
}

function toBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

/** The code that the thread runs. A string, because no file of this program may act merely by being loaded. */
const COMPARE_BCRYPT = `
  const { parentPort, workerData } = require("node:worker_threads");
  import(workerData.bcrypt).then(async ({ compare }) =>
    parentPort.postMessage(await compare(workerData.password, workerData.stored)));`;

/** bcrypt is JavaScript and takes a quarter of a second, so each call gets a thread of its own. */
function compareBcrypt(password: string, stored: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const workerData = { bcrypt: import.meta.resolve("bcryptjs"), password, stored };
    const worker = new Worker(COMPARE_BCRYPT, { eval: true, workerData });
    worker.once("message", (matches: boolean) => resolve(matches));
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the bcrypt thread ended without an answer")));
  });
}
