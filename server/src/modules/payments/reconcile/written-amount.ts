// Reads amounts as people and spreadsheets write them: with a decimal point or comma, with or without thousands separators,
// with signs of all kinds. An amount that can be read in two ways is refused.
import { describeAmountProblem, parseAmount } from "../../../values/money.ts";

type Mark = "." | ",";

export interface WrittenAmount {
  /** Minor units; below zero where it is written with a minus. */
  readonly minor: bigint;
  /** The decimal mark, as far as the text shows it; undefined where it has neither decimals nor thousands separators. */
  readonly mark: Mark | undefined;
}

/** Blanks and apostrophes, which are only ever thousands separators. */
const APART = /[ \u00a0\u2009\u202f'\u2019]/g;
const SIGNED = /^(?<before>[-+]?)(?<body>[^-+()]*)(?<after>-?)$/;

/** @returns where it cannot be read: what is wrong, as the end of a sentence that begins with the column's name */
export function parseWrittenAmount(text: string, scale: number): WrittenAmount | string {
  const plain = text.trim().replace(/[\u2212\u2010-\u2013\ufe63\uff0d]/g, "-");
  const [, inner] = /^\(([^()]*)\)$/.exec(plain) ?? [];
  const { before = "", body = "", after = "" } = SIGNED.exec(inner ?? plain)?.groups ?? {};
  const signs = [before, after, inner === undefined ? "" : "()"].filter((sign) => sign !== "");
  if (body.trim() === "" || signs.length > 1) return "is no amount";
  const number = readNumber(body.trim(), scale);
  if (typeof number === "string") return number;
  const minor = parseAmount(number.decimal, scale);
  if (typeof minor !== "bigint") return describeAmountProblem(minor, scale);
  return { minor: signs.length === 0 || before === "+" ? minor : -minor, mark: number.mark };
}

interface Read {
  /** "1234.5" */
  readonly decimal: string;
  readonly mark: Mark | undefined;
}

function readNumber(body: string, scale: number): Read | string {
  if (!/^\d[\d.,\s'\u2019]*$/.test(body) || /[.,]$/.test(body)) return "is no amount";
  const marks = body.replaceAll(/[^.,]/g, "");
  const last = marks.at(-1) as Mark | undefined;
  if (last === undefined) return join({ whole: body, decimals: "" }, undefined);
  const isTwice = marks.indexOf(last) !== marks.length - 1;
  if (isTwice) {
    // 1,234,567 and 1.234.567: thousands, without decimals.
    if (new Set(marks).size > 1) return "is no amount";
    return join({ whole: body, decimals: "" }, last === "." ? "," : ".");
  }
  const [whole = "", decimals = ""] = [
    body.slice(0, body.lastIndexOf(last)),
    body.slice(body.lastIndexOf(last) + 1),
  ];
  if (isThousands(whole, decimals) && !(last === "." && scale === decimals.length))
    return `is ambiguous: it may be ${whole}${decimals} or ${whole} and ${Number(decimals)} thousandths; write it with its decimals and a point before them`;
  return join({ whole, decimals }, last);
}

/** 25,000 and 25.000; not 0.500, 1234.567 or 1,234.567, which cannot be thousands. */
function isThousands(whole: string, decimals: string): boolean {
  return decimals.length === 3 && /^[1-9]\d{0,2}$/.test(whole);
}

/** Thousands separated in groups of three, or as in India: in groups of two before the last three. */
const GROUPED = /^\d{1,3}(?:(?<by>[.,_])\d{3})(?:\k<by>\d{3})*$|^\d{1,2}(?:,\d{2})+,\d{3}$|^\d+$/;

function join(
  { whole, decimals }: { whole: string; decimals: string },
  mark: Mark | undefined,
): Read | string {
  const grouped = whole.replaceAll(APART, "_");
  if (!GROUPED.test(grouped) || (mark !== undefined && grouped.includes(mark)) || !/^\d*$/.test(decimals))
    return "is no amount";
  const digits = grouped.replaceAll(/\D/g, "").replace(/^0+(?=\d)/, "");
  return { decimal: decimals === "" ? digits : `${digits}.${decimals}`, mark };
}
