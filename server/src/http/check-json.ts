// What JSON.parse accepts silently and a money system must not: a number that would change when parsed, a member that is
// named twice (one would vanish), text that is not valid Unicode. One pass over the text of a body that is valid JSON.
import { AppError, type FieldProblem } from "../values/app-error.ts";
import { TOO_MANY_DIGITS } from "../values/money.ts";

/** The most problems that are named. */
const PROBLEMS_MAX = 20;
/** The path of a problem is cut at this length: a name may be as long as a body. */
const FIELD_LENGTH_MAX = 200;
/** A number of at most this many characters has at most 15 digits, which a JSON number keeps exactly. */
const HARMLESS_LENGTH = 15;

/** An object or array that the pass is currently inside. */
interface Level {
  /** For an object: the names met so far. */
  readonly names: Set<string> | undefined;
  /** The current position: the member's name, or the item's index. */
  at: string | number;
}

/**
 * @param text valid JSON
 * @returns what is wrong, by field: `items[0].quantity`
 */
export function findJsonProblems(text: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const levels: Level[] = [];
  const report = (reason: string) => {
    if (problems.length < PROBLEMS_MAX) problems.push({ field: pathOf(levels), reason });
  };
  let isName = false;
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? "";
    const level = levels.at(-1);
    if (char === '"') {
      const end = endOfString(text, at);
      if (isName && level !== undefined) enterMember(level, text.slice(at, end), report);
      else if (hasLoneSurrogate(text, at, end)) report("must not have broken Unicode");
      at = end;
      isName = false;
    } else if (char === "{") {
      levels.push({ names: new Set(), at: "" });
      isName = true;
      at += 1;
    } else if (char === "[") {
      levels.push({ names: undefined, at: 0 });
      at += 1;
    } else if (char === "}" || char === "]") {
      levels.pop();
      at += 1;
    } else if (char === ",") {
      if (level?.names === undefined) {
        if (level !== undefined) level.at = Number(level.at) + 1;
      } else isName = true;
      at += 1;
    } else if (char === "-" || (char >= "0" && char <= "9")) {
      const end = endOfNumber(text, at);
      const problem = describeNumber(text.slice(at, end));
      if (problem !== undefined) report(problem);
      at = end;
    } else at += 1; // white space, colons, true, false, null
  }
  return problems;
}

/** @throws AppError `invalid/invalid_request` naming every field */
export function checkJson(text: string): void {
  const fields = findJsonProblems(text);
  const [first] = fields;
  if (first === undefined) return;
  throw new AppError("invalid", "invalid_request", { message: `${first.field}: ${first.reason}`, fields });
}

function enterMember(level: Level, literal: string, report: (reason: string) => void): void {
  const name = literal.includes("\\") ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  level.at = name;
  if (!name.isWellFormed()) report("must not have broken Unicode in its name");
  if (level.names?.has(name)) report("is named twice: send it once");
  level.names?.add(name);
}

/** The position after the closing quote. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); ; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
}

/** Only an escape can write a lone surrogate: the bytes of a body are UTF-8. */
function hasLoneSurrogate(text: string, from: number, to: number): boolean {
  const literal = text.slice(from, to); // only this string: searching on from each would read the body many times
  return literal.includes("\\u") && !(JSON.parse(literal) as string).isWellFormed();
}

function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && /[0-9.eE+-]/.test(text[at] ?? "")) at += 1;
  return at;
}

/** A decimal of up to 15 digits is kept exactly; a longer one only where it equals a number that JSON can keep. */
function describeNumber(literal: string): string | undefined {
  if (literal.length <= HARMLESS_LENGTH && !/[eE]/.test(literal)) return undefined;
  const number = Number(literal);
  if (!Number.isFinite(number)) return "is larger than a number can be";
  return isSameDecimal(literal, number) ? undefined : TOO_MANY_DIGITS;
}

function isSameDecimal(literal: string, number: number): boolean {
  const [given, kept] = [toDigits(literal), toDigits(String(number))];
  return given.digits === kept.digits && given.exponent === kept.exponent;
}

/** A decimal as its significant digits and the power of ten of the last one. */
function toDigits(literal: string): { digits: string; exponent: number } {
  const [mantissa = "", power = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".");
  const all = `${whole}${fraction}`.replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return { digits: "", exponent: 0 };
  return { digits, exponent: Number(power) - fraction.length + (all.length - digits.length) };
}

function pathOf(levels: readonly Level[]): string {
  const path = levels.map(({ names, at }) => (names === undefined ? `[${at}]` : `.${at}`)).join("");
  return path.replace(/^\./, "").slice(0, FIELD_LENGTH_MAX).toWellFormed() || "body";
}
