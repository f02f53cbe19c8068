// Judges how hard secrets are to guess, before the program starts in production with an easy one. It checks
// what an attacker would try first: common words, rows of the keyboard and of the alphabet,
// repetitions, counting, few different characters. A key from `openssl rand` passes by far.
import type { Config } from "./config.ts";

/** A third of what a key of 32 random bytes has; 32 random hexadecimal digits have 128, of which chance takes a few. */
const BITS_MIN = 90;
/** What a guesser needs to say "the same again from there". */
const REFERENCE_BITS = 8;
const MATCH_MIN = 4;

/** Placeholders of tutorials, of other products' documents and of our own; rows of the keyboard; alphabets. */
const KNOWN = [
  "your-256-bit-secret your-512-bit-secret your-secret-key your_secret_key supersecret topsecret mysecret",
  "changeme change-me change_me changeit replace-me replaceme please-change insert-your placeholder example",
  "password passw0rd p@ssw0rd passphrase secretkey secret-key jwt-secret jwtsecret api-key apikey api_key_v1 token",
  "countinghouse default development production testing insecure not-secure unsafe-key admin administrator root user",
  "postgres postgresql database server signing encryption audit stripe whsec_ sk_live_ sk_test_ webhook",
  "email gmail vendor gateway customer sentinel azure redis api_token your_api your-api tenant client",
  "thisisa this-is-a-very-long-secret-key correct horse battery staple hello world lorem ipsum dolor sit amet",
  "0123456789abcdef abcdefghijklmnopqrstuvwxyz 01234567890123456789 9876543210 zyxwvutsrqponmlkjihgfedcba",
  "qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop 1qaz2wsx3edc4rfv5tgb6yhn7ujm deadbeef cafebabe",
].join(" ");

const OWN_KEYS = [
  "JWT_SECRET_KEY",
  "ENCRYPTION_KEY",
  "ENCRYPTION_KEY_PREVIOUS",
  "AUDIT_SIGNING_KEY",
  "API_KEY_V1",
  "METRICS_TOKEN",
] as const satisfies (keyof Config)[];
const GIVEN_KEYS = [
  "STRIPE_SECRET_KEY",
  "STRIPE_WEBHOOK_SECRET",
  "SENTINEL_TOKEN",
] as const satisfies (keyof Config)[];
/** Keys whose URL holds a password, and the key under which the password may have been set alone. */
const URLS = [
  ["DB_URL", "DB_PASSWORD"],
  ["SMTP_URL", "EMAIL_PASSWORD"],
] as const satisfies [keyof Config, keyof Config][];
/** Lower limits, in bits: for values whose form somebody else chose (only obvious non-keys are reported), and for passwords. */
const GIVEN_BITS_MIN = 50;
const PASSWORD_BITS_MIN = 24;

/** A secret that everybody could guess: a sentence with the reason and the remedy. */
export interface WeakSecret {
  readonly problem: string;
  readonly wayOut: string;
}

/** The secrets that production refuses to start with, in words. */
export function findGuessableSecrets(config: Config): string[] {
  if (config.APP_ENV !== "production") return [];
  return findWeakSecrets(config).map(({ problem, wayOut }) => `${problem}; ${wayOut}`);
}

/** The secrets that are only good enough outside production. */
export function findWeakSecrets(config: Config): WeakSecret[] {
  return [
    ...judgeKeys(config, OWN_KEYS, BITS_MIN).map(([name, reason]) => ({
      problem: `${name} is too easy to guess: ${reason}`,
      wayOut: "make one with: openssl rand -base64 32",
    })),
    ...judgeKeys(config, ["ADMIN_PASSWORD"], GIVEN_BITS_MIN).map(([name, reason]) => ({
      problem: `${name} is too easy to guess: ${reason}`,
      wayOut: "choose a longer one",
    })),
    ...judgeKeys(config, GIVEN_KEYS, GIVEN_BITS_MIN).map(([name, reason]) => ({
      problem: `${name} is no real key: ${reason}`,
      wayOut: "copy the one that its issuer gave you",
    })),
    ...URLS.flatMap((names) => judgePassword(config, names)),
  ];
}

function judgeKeys(
  config: Config,
  names: readonly (typeof OWN_KEYS | typeof GIVEN_KEYS | readonly ["ADMIN_PASSWORD"])[number][],
  bitsMin: number,
): [name: string, reason: string][] {
  return names.flatMap((name) => {
    const reason = explainGuessable(config[name] ?? "", bitsMin);
    return config[name] === undefined || reason === undefined ? [] : [[name, reason]];
  });
}

function judgePassword(config: Config, [whole, part]: (typeof URLS)[number]): WeakSecret[] {
  const password = readPassword(config[whole]);
  if (password === undefined) return [];
  if (explainGuessable(password, PASSWORD_BITS_MIN) === undefined && !isExample(password)) return [];
  const wayOut = "give its user another one";
  if (password === config[part]) return [{ problem: `${part} is a password that everybody knows`, wayOut }];
  return [{ problem: `${whole} has a password that everybody knows`, wayOut }];
}

/** Undefined where there is none. */
function readPassword(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { password } = new URL(url);
  if (password === "") return undefined;
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

/** Whether a secret comes from an example, such as your-secret-key: it consists mostly of common words. */
export function isExample(secret: string): boolean {
  return read(secret.trim()).known * 2 > secret.trim().length;
}

/** Why a secret is easy to guess, in words; undefined where it is not. Its text and its decoded bytes must both be hard. */
export function explainGuessable(secret: string, bitsMin = BITS_MIN): string | undefined {
  const text = secret.trim();
  return judge(text, bitsMin) ?? judgeBytes(decode(text), bitsMin);
}

/** The bytes that the text encodes as hexadecimal or base64; undefined where it is neither. */
function decode(text: string): Buffer | undefined {
  if (/^[0-9a-f]{32,}$/i.test(text)) return Buffer.from(text, "hex");
  return /^[\w+/-]{40,}={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function judgeBytes(bytes: Buffer | undefined, bitsMin: number): string | undefined {
  if (bytes === undefined) return undefined;
  const reason = judge(bytes.toString("latin1"), bitsMin, 8);
  return reason === undefined ? undefined : `what it encodes ${reason.replace(/^it /, "")}`;
}

function judge(text: string, bitsMin: number, bitsEachMax = 6): string | undefined {
  const { bits, known, repeated, counting } = read(text, bitsEachMax);
  if (bits >= bitsMin) return undefined;
  if (known * 4 > text.length) return "it is made of words that everybody knows";
  if (repeated * 2 > text.length) return "it repeats itself";
  if (counting * 2 > text.length) return "it repeats or counts one character";
  return new Set(text).size < 10 ? "it has few different characters" : "it is too short, or too regular";
}

/** The bits to be guessed, and how many characters are known words, repeated, or count up or down. */
interface Reading {
  readonly bits: number;
  readonly known: number;
  readonly repeated: number;
  readonly counting: number;
}

/**
 * Reads the text as a guesser would who knows KNOWN and what came before: each run that is found there again, or counts
 * up or down, is worth little; each other character is worth what the number of different ones makes it.
 */
function read(text: string, bitsEachMax = 6): Reading {
  const lower = text.toLowerCase();
  const distinct = new Set(text).size;
  // Of random bytes few come twice, whatever their number.
  const each = distinct * 2 > text.length ? bitsEachMax : Math.log2(distinct);
  const covered = { known: 0, repeated: 0, counting: 0 };
  let bits = 0;
  for (let at = 0; at < lower.length; ) {
    const known = longestMatch(lower, at, KNOWN);
    const repeated = longestMatch(lower, at, lower.slice(0, at));
    const counting = countRun(lower, at);
    const length = Math.max(known, repeated, counting);
    if (length < MATCH_MIN) {
      bits += each;
      at += 1;
      continue;
    }
    covered[length === counting ? "counting" : length === repeated ? "repeated" : "known"] += length;
    bits += REFERENCE_BITS;
    at += length;
  }
  return { bits, ...covered };
}

function longestMatch(text: string, at: number, inside: string): number {
  let length = 0;
  while (at + length < text.length && inside.includes(text.slice(at, at + length + 1))) length += 1;
  return length;
}

/** How many characters from here on follow each other by one same step: aaaa, 1234, 9876; or in pairs: aabbcc, a1a2a3. */
function countRun(text: string, at: number): number {
  const pairs = runOf(text, at, 2);
  return Math.max(runOf(text, at, 1), pairs < MATCH_MIN * 2 ? 0 : pairs);
}

function runOf(text: string, at: number, stride: number): number {
  const stepAt = (index: number) => text.charCodeAt(index + stride) - text.charCodeAt(index);
  const step = stepAt(at);
  if (Number.isNaN(step) || Math.abs(step) > 2) return 1;
  let index = at;
  while (stepAt(index) === step) index += 1;
  return index - at + stride;
}
