// The one reader of codes and names: two texts that people cannot tell apart become one, or one of them is refused. The name of a
// SKU, a brand or an account goes through here when it is kept, and again when it is looked up.
import { invalidField, refusedField } from "./app-error.ts";
import { isOneWriting } from "./writing.ts";

/** Invisible characters. (Not those that Unicode has not assigned yet: next year's emoji.) */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const ALL_UNSEEN = new RegExp(UNSEEN, "gu");
const CONTROL = /[\p{Cc}\p{Cs}]/u;
/**
 * Joiners that have a visible effect: in emoji made of several, and where they part or join letters (RFC 5892, A.1 and A.2):
 * after a virama, and in Arabic script, where Persian writes many words with them.
 */
const SEEN_JOINERS =
  /\p{RGI_Emoji}|(?<=[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2])[\u200c\u200d]|(?<=\p{Script=Arabic})\u200c(?=\p{Script=Arabic})/gv;
/** Hyphens, dashes and the minus sign: in a code, people cannot tell them apart. */
const DASHES = /[\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d]/gu;
/** Greek letters that nobody mistakes for Latin ones: Ω and μ are units. */
const SIGNS = /[ΓΔΘΛΞΠΣΦΨΩδεθλμξπφψ]/gu;
const WORDS = /[\p{L}\p{M}]+/gu;

/**
 * The name of something, as it is kept: composed (NFC), with plain spaces, one at a time and none at the ends. An undefined or
 * null value stays as it is.
 * @throws AppError `invalid/invalid_request` naming the field: blank, or with invisible characters
 */
export function readName<T extends string | null | undefined>(text: T, field: string): T {
  if (typeof text !== "string") return text;
  if (UNSEEN.test(text)) refuseUnseen(text, maskJoiners(text), field);
  return refuseBlank(foldSpaces(text.normalize("NFC")).trim(), field) as T;
}

/** Whether nothing of the text is visible. */
export function isBlank(text: string): boolean {
  return text.replaceAll(ALL_UNSEEN, "").trim() === "";
}

/** Refuses a name that would be kept in another form: where names are keys, two keys must not become one. */
export function checkName(text: string, field: string): void {
  const name = readName(text, field);
  if (name !== text) throw notPlain(field, name);
}

/**
 * A code that identifies something, such as a SKU, as it is kept: like `readName`, but with one form for each character (NFKC: no
 * wide, small or ligated ones) and one kind of dash.
 * @throws AppError `invalid/invalid_request` naming the field: as `readName`; with spaces around; or with words whose letters
 * are of scripts that only look alike
 */
export function readCode<T extends string | null | undefined>(text: T, field: string): T {
  if (typeof text !== "string") return text;
  refuseUnseen(text, text, field);
  const code = refuseBlank(foldCode(text), field);
  if (code.trim() !== code) throw invalidField(field, "must not begin or end with a space");
  const strange = code
    .replaceAll(SIGNS, "")
    .match(WORDS)
    ?.find((word) => !isOneWriting(word));
  if (strange !== undefined)
    throw refusedField(field, `must not mix scripts in a word: the letters of "${strange}" only look alike`);
  return code as T;
}

/**
 * Another system's identifier, which that system compares itself, such as its id of a person: taken exactly as it is, or refused.
 * @throws AppError `invalid/invalid_request` naming the field: as `readCode`, and where the code would be kept in another form
 */
export function readForeignCode<T extends string | null | undefined>(text: T, field: string): T {
  const code = readCode(text, field);
  if (typeof code === "string" && code !== text) throw notPlain(field, code);
  return text;
}

/** The one form of a code that somebody typed, whether or not that code exists. */
export function foldCode(text: string): string {
  return foldSpaces(text.normalize("NFKC").replaceAll(DASHES, "-"));
}

function foldSpaces(text: string): string {
  return text.replaceAll(/\p{Zs}+/gu, " ");
}

function notPlain(field: string, plain: string): Error {
  return invalidField(field, `must be written in its plain form, ${JSON.stringify(plain)}`);
}

function refuseBlank(text: string, field: string): string {
  if (text.trim() === "") throw invalidField(field, "must not be blank");
  return text;
}

/** The text without the joiners that have a visible effect, at the same length. Slow, and rarely needed. */
function maskJoiners(text: string): string {
  return text.replaceAll(SEEN_JOINERS, (joined) => "x".repeat(joined.length));
}

/** @param masked the text, or one of the same length without what may be in it */
function refuseUnseen(text: string, masked: string, field: string): void {
  const found = UNSEEN.exec(masked);
  if (found === null) return;
  const [unseen] = found;
  if (CONTROL.test(unseen)) throw invalidField(field, "must not have control characters or broken Unicode");
  const code = unseen.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  const place = Array.from(text.slice(0, found.index)).length + 1;
  throw invalidField(
    field,
    `must not have characters that nobody sees: leave out U+${code}, which stands at place ${place}`,
  );
}
