// Judges secrets by how hard they are to guess, before the program starts in production with one that is not. What is
// judged is what a guesser would try first: words that everybody knows, rows of the keyboard and of the alphabet,
// repetitions, counting, few different characters. A key out of `openssl rand` passes by far.
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
  "PAYMENT_GATEWAY_KEY",
  "STRIPE_WEBHOOK_SECRET",
  "SENTINEL_TOKEN",
] as const satisfies (keyof Config)[];
const URLS = ["DB_URL", "SMTP_URL"] as const satisfies (keyof Config)[];
/** An issuer's own form is theirs: only what is no key at all is told. */
const GIVEN_BITS_MIN = 50;
const GUESSABLE =
  /^(postgres|password|passw0rd|admin|root|secret|changeme|change-me|countinghouse|test|default)$/i;

/** Which secrets must not be used in production, why, and what to do: one sentence each. */
export function findGuessableSecrets(config: Config): string[] {
  if (config.APP_ENV !== "production") return [];
  const problems: string[] = [];
  for (const name of OWN_KEYS) {
    const reason = explainGuessable(config[name] ?? "", BITS_MIN);
    if (config[name] !== undefined && reason !== undefined)
      problems.push(`${name} is too easy to guess: ${reason}; make one with: openssl rand -base64 32`);
  }
  for (const name of GIVEN_KEYS) {
    const reason = explainGuessable(config[name] ?? "", GIVEN_BITS_MIN);
    if (config[name] !== undefined && reason !== undefined)
      problems.push(`${name} is no real key: ${reason}; copy the one that its issuer gave you`);
  }
  for (const name of URLS) {
    const password = readPassword(config[name]);
    if (password !== undefined && GUESSABLE.test(password))
      problems.push(`${name} has a password that everybody knows; give its user another one`);
  }
  return problems;
}

function readPassword(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { password } = new URL(url);
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

/** Why a secret is easy to guess, in words; undefined where it is not. Both its text and what it encodes must be hard. */
export function explainGuessable(secret: string, bitsMin = BITS_MIN): string | undefined {
  const text = secret.trim();
  return judge(text, bitsMin) ?? judgeBytes(decode(text), bitsMin);
}

/** Bytes that are written as hexadecimal or base64; undefined where the text is neither. */
function decode(text: string): Buffer | undefined {
  if (/^[0-9a-f]{32,}$/i.test(text)) return Buffer.from(text, "hex");
  return /^[\w+/-]{40,}={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function judgeBytes(bytes: Buffer | undefined, bitsMin: number): string | undefined {
  if (bytes === undefined) return undefined;
  const reason = judge(bytes.toString("latin1"), bitsMin, 8);
  return reason === undefined ? undefined : `what it encodes ${reason.replace(/^it /, "")}`;
}

/**
 * Reads the text as a guesser would who knows KNOWN and what came before: each run that is found there again, or counts
 * up or down, is worth little; each other character is worth what the number of different ones makes it.
 */
function judge(text: string, bitsMin: number, bitsEachMax = 6): string | undefined {
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
  if (bits >= bitsMin) return undefined;
  if (covered.known * 4 > lower.length) return "it is made of words that everybody knows";
  if (covered.repeated * 2 > lower.length) return "it repeats itself";
  if (covered.counting * 2 > lower.length) return "it repeats or counts one character";
  return distinct < 10 ? "it has few different characters" : "it is too short, or too regular";
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
