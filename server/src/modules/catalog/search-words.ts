// Makes of what somebody typed the query that finds it: words that no product has become those that begin with them, or
// resemble them.
import type { AnySql } from "../../runtime/database.ts";
import { readMeantWords, readSoughtText, type SoughtWord, type WordQuery } from "./search-store.ts";

/** Quotes, "or" and a minus before a word are taken at their word. */
const HAS_OPERATORS = /"|(^|\s)-|(^|\s)or(\s|$)/i;
const MEANT_MAX = 5;
/** From this part of all products on, walking over them finds a page sooner than collecting all that match. */
const COMMON_SHARE = 0.02;

export interface ChosenWords {
  /** For best first. */
  readonly ranked: WordQuery;
  /** Matches anywhere, for any other order. */
  readonly anywhere: WordQuery;
  /** What is typed is a SKU, whatever else. */
  readonly isSku: boolean;
}

/** Finds what to look for. Texts whose words are all known are remembered for a minute: words never become unknown. */
export type WordChooser = (text: string) => Promise<ChosenWords>;

const REMEMBERED_MAX = 5_000;
const REMEMBERED_MS = 60_000;

export function createWordChooser(sql: AnySql): WordChooser {
  let remembered = new Map<string, ChosenWords>();
  let forgetAt = 0;
  return async (text) => {
    const now = performance.now();
    if (now > forgetAt || remembered.size >= REMEMBERED_MAX) {
      remembered = new Map();
      forgetAt = now + REMEMBERED_MS;
    }
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const { isKnown, chosen } = await chooseWords(sql, text);
    if (isKnown) remembered.set(text, chosen);
    return chosen;
  };
}

async function chooseWords(
  sql: AnySql,
  text: string,
): Promise<{ readonly isKnown: boolean; readonly chosen: ChosenWords }> {
  const { query, isSku, words } = await readSoughtText(sql, text);
  const isPlain = !HAS_OPERATORS.test(text);
  const isKnown = words.every(({ share }) => share !== null);
  const sought = isPlain && !isKnown && !isSku ? await replaceUnknown(sql, words) : query;
  const estimate = (shareOf: (word: SoughtWord) => number | null) =>
    isPlain && isKnown && words.length > 0
      ? words.reduce((product, word) => product * (shareOf(word) ?? 0), 1)
      : 0;
  const isCommon = estimate(({ share }) => share) >= COMMON_SHARE;
  const isCommonName = estimate(({ nameShare }) => nameShare) >= COMMON_SHARE;
  const ranked = { query: sought, isCommon, inNames: isCommonName };
  const anywhere = { query: sought, isCommon, inNames: false };
  return { isKnown, chosen: { isSku, ranked, anywhere } };
}

/** A word that nothing resembles is left out, so that the others still find what they can. */
async function replaceUnknown(sql: AnySql, words: readonly SoughtWord[]): Promise<string> {
  const choices = await Promise.all(
    words.map(({ word, share }) => (share === null ? readMeantWords(sql, word, MEANT_MAX) : [word])),
  );
  return choices
    .filter((choice) => choice.length > 0)
    .map((choice) => `(${choice.map(quoteWord).join("|")})`)
    .join("&");
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
