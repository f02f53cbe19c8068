// Which passwords are accepted: 8 to 128 characters of any kind, neither a common one nor little more than the user's
// own name or address. No rules of composition: they make passwords worse (NIST SP 800-63B, ASVS 6.2).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { identityError } from "./errors.ts";

const LENGTH_MIN = 8;
const LENGTH_MAX = 128;
/** A word that shorter words than this are too common to mean anything. */
const WORD_LENGTH_MIN = 4;
const OWN_WORDS = ["countinghouse"];

/** The list that is shipped: in lower case, at least as long as a password must be. */
export function readCommonPasswords(): ReadonlySet<string> {
  const text = readFileSync(join(import.meta.dirname, "common-passwords.txt"), "utf8");
  return new Set(text.split("\n").filter((line) => line !== "" && !line.startsWith("# ")));
}

/** The form in which passwords are measured, compared and hashed: however it was typed, one password is one text. */
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
  if (commonPasswords.has(folded)) return "is among the most used ones, which are tried first";
  if (new Set(folded).size < 4) return "repeats the same few characters";
  const word = splitWords(words).find((known) => isMostly(folded, known));
  if (word !== undefined) return "is little more than your own name or address, which are tried first";
  return undefined;
}

function splitWords(words: readonly string[]): string[] {
  return [...OWN_WORDS, ...words]
    .map((word) => word.normalize("NFKC").toLowerCase())
    .flatMap((word) => [word, ...word.split(/[\s@._-]+/)])
    .filter((word) => [...word].length >= WORD_LENGTH_MIN);
}

/** What stands around the word is too short to be a password of its own: "alice2026!". */
function isMostly(password: string, word: string): boolean {
  return password.includes(word) && [...password.replaceAll(word, "")].length < LENGTH_MIN;
}
