// Which passwords are accepted: 8 to 128 characters of any kind, but not a common password (or a variant of one), a sequence,
// or little more than the user's own names or address. There are no rules of composition: they make passwords worse (NIST SP
// 800-63B, ASVS 6.2).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { identityError } from "../errors.ts";

const LENGTH_MIN = 8;
const LENGTH_MAX = 128;
/** Shorter words are part of too many others to be telling. */
const OWN_WORD_LENGTH_MIN = 3;
const COMMON_WORD_LENGTH_MIN = 4;
const OWN_WORDS = ["countinghouse"];
/** "abcd1234" has two pieces; attackers try passwords of few pieces first. */
const SEQUENCE_WEIGHT = 2;
const SEQUENCES_WEIGHT_MIN = 6;
const RUN_LENGTH_MIN = 3;
/** Characters that are neighbors: digits, the alphabet, the rows of keyboards. */
const NEIGHBORS = [
  "01234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "qwertzuiop",
  "asdfghjkl",
  "zxcvbnm",
];
/** Lookalikes: characters that stand for a letter, each mapped to that letter. */
const LOOKALIKES = new Map(
  Object.entries({
    "0": "o",
    "1": "i",
    l: "i",
    "!": "i",
    "|": "i",
    "3": "e",
    "4": "a",
    "@": "a",
    "5": "s",
  }).concat(Object.entries({ $: "s", "7": "t", "+": "t", "8": "b", "9": "g", "€": "e" })),
);

/** The list that is shipped, in the form that `isListed` looks up: lower case, without lookalikes. */
export function readCommonPasswords(): ReadonlySet<string> {
  const text = readFileSync(join(import.meta.dirname, "common-passwords.txt"), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("# "));
  return new Set(lines.map(unifyLookalikes));
}

/** The form in which passwords are measured, compared and hashed: one password is one text, however it was typed. */
export function normalizePassword(password: string): string {
  return password.normalize("NFKC");
}

export interface PasswordContext {
  readonly commonPasswords: ReadonlySet<string>;
  /** The user's names and addresses. */
  readonly words: readonly string[];
  readonly field?: string;
}

/** @throws AppError `invalid/password_refused` with the reason */
export function checkPassword(password: string, { commonPasswords, words, field }: PasswordContext): void {
  const reason = findReason(normalizePassword(password), commonPasswords, words);
  if (reason === undefined) return;
  throw identityError("password_refused", {
    message: `the password ${reason}`,
    fields: [{ field: field ?? "password", reason }],
  });
}

function findReason(
  password: string,
  commonPasswords: ReadonlySet<string>,
  words: readonly string[],
): string | undefined {
  const length = [...password].length;
  if (length < LENGTH_MIN) return `must have at least ${LENGTH_MIN} characters`;
  if (length > LENGTH_MAX) return `must have at most ${LENGTH_MAX} characters`;
  const folded = password.toLowerCase();
  const own = removeWords(folded, splitWords(words));
  if (own !== folded && findWeakness(own, commonPasswords) !== undefined)
    return "is little more than your own name or address, which are tried first";
  return findWeakness(folded, commonPasswords);
}

/** Why a text, in lower case, is not accepted as a password. */
function findWeakness(folded: string, commonPasswords: ReadonlySet<string>): string | undefined {
  if ([...folded].length < LENGTH_MIN) return "is too short";
  if (commonPasswords.has(unifyLookalikes(folded)))
    return "is among the most used ones, which are tried first";
  if (new Set(folded).size < 4) return "repeats the same few characters";
  if (isSequences(folded))
    return "is little more than a sequence, like 12345 or qwertz, which are tried first";
  if (isDecorated(folded, commonPasswords))
    return "is one of the most used ones with something put around it, which is tried first";
  return undefined;
}

/** Treats "P@ssw0rd" as "password", "letme1n" as "letmein". The result is as long as the text. */
function unifyLookalikes(folded: string): string {
  return folded.replaceAll(/[^a-z]|l/g, (character) => LOOKALIKES.get(character) ?? character);
}

/** All of the user's own words, whole and in parts, longest first; the last part of an address, "com", is nobody's own. */
function splitWords(words: readonly string[]): string[] {
  const whole = [...OWN_WORDS, ...words].map((word) => word.normalize("NFKC").toLowerCase());
  const parts = whole.flatMap((word) => word.replace(/(@.*)\.[^.@]+$/, "$1").split(/[\s@._-]+/));
  return [...new Set([...whole, ...parts])]
    .filter((word) => [...word].length >= OWN_WORD_LENGTH_MIN)
    .toSorted((a, b) => b.length - a.length);
}

function removeWords(folded: string, words: readonly string[]): string {
  let left = folded;
  for (const word of words.map(unifyLookalikes))
    for (let at = unifyLookalikes(left).indexOf(word); at >= 0; at = unifyLookalikes(left).indexOf(word))
      left = left.slice(0, at) + left.slice(at + word.length);
  return left;
}

/** A common word with a few digits and signs around it, too few to make a password of their own: "letmein2026!". */
function isDecorated(folded: string, commonPasswords: ReadonlySet<string>): boolean {
  const first = folded.search(/\p{L}/u);
  const afterLast = folded.search(/\P{L}*$/u);
  if (first < 0) return false;
  for (let from = 0; from <= first; from += 1)
    for (let to = Math.max(afterLast, from + COMMON_WORD_LENGTH_MIN); to <= folded.length; to += 1) {
      const around = folded.slice(0, from) + folded.slice(to);
      const isAroundWeak = around.length < LENGTH_MIN || isSequences(around) || new Set(around).size < 4;
      if (isAroundWeak && commonPasswords.has(unifyLookalikes(folded.slice(from, to)))) return true;
    }
  return false;
}

/** Whether the text has few pieces, each a run of neighbors or of one character, up or down. */
function isSequences(folded: string): boolean {
  const characters = [...folded];
  let weight = 0;
  for (let at = 0; at < characters.length; ) {
    const length = Math.max(
      runLength(characters, at, 1),
      runLength(characters, at, -1),
      runLength(characters, at, 0),
    );
    weight += length < RUN_LENGTH_MIN ? 1 : SEQUENCE_WEIGHT;
    at += length < RUN_LENGTH_MIN ? 1 : length;
  }
  return weight < SEQUENCES_WEIGHT_MIN;
}

/** How many characters from here on each neighbor the one before (0: repeat it), in one row and direction. */
function runLength(characters: readonly string[], from: number, step: -1 | 0 | 1): number {
  const lengths = NEIGHBORS.map((row) => {
    const isNext = (before: string, after: string) =>
      step === 0 ? before === after : row.includes(step === 1 ? before + after : after + before);
    let to = from + 1;
    while (to < characters.length && isNext(characters[to - 1] ?? "", characters[to] ?? "")) to += 1;
    return to - from;
  });
  return Math.max(...lengths);
}
