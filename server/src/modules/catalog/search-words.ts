// Makes of what somebody typed the query that finds it, and remembers it for a minute.
import type { AnySql } from "../../runtime/database.ts";
import { readSoughtText, type WordQuery } from "./search-store.ts";

/** Quotes, "or" and a minus before a word are taken at their word. */
const HAS_OPERATORS = /"|(^|\s)-|(^|\s)or(\s|$)/i;
const MEANT_MAX = 5;

export interface ChosenWords {
  /** For best first. */
  readonly ranked: WordQuery;
  /** Matches anywhere, for any other order. */
  readonly anywhere: WordQuery;
  /** What is typed is a SKU, whatever else. */
  readonly isSku: boolean;
  /** Set where words are no product's: from there on new ones would have been missed. */
  readonly horizon: string | undefined;
}

export interface WordChooser {
  /** Finds what to look for. */
  readonly choose: (text: string) => Promise<ChosenWords>;
  /** What was found within the last minute. With a horizon it holds only while no new words have come since. */
  readonly recall: (text: string) => ChosenWords | undefined;
}

const REMEMBERED_MAX = 5_000;
const REMEMBERED_MS = 60_000;

/** Words never become unknown, so a text whose words are all known need not be looked into again. */
export function createWordChooser(sql: AnySql): WordChooser {
  let remembered = new Map<string, ChosenWords>();
  let forgetAt = 0;

  function recall(text: string): ChosenWords | undefined {
    const now = performance.now();
    if (now > forgetAt || remembered.size >= REMEMBERED_MAX) {
      remembered = new Map();
      forgetAt = now + REMEMBERED_MS;
    }
    return remembered.get(text);
  }

  async function choose(text: string): Promise<ChosenWords> {
    const known = recall(text);
    if (known !== undefined && known.horizon === undefined) return known;
    const chosen = await chooseWords(sql, text);
    remembered.set(text, chosen);
    return chosen;
  }

  return { choose, recall };
}

async function chooseWords(sql: AnySql, text: string): Promise<ChosenWords> {
  const isPlain = !HAS_OPERATORS.test(text);
  const sought = await readSoughtText(sql, text, { isPlain, most: MEANT_MAX });
  const { query, isSku, isKnown, productCount } = sought;
  const canBeCommon = isPlain && isKnown && query !== "";
  const isCommon = canBeCommon && areCommon(sought.share, productCount);
  const isCommonName = canBeCommon && areCommon(sought.nameShare, productCount);
  return {
    isSku,
    ranked: { query, isCommon, inNames: isCommonName },
    anywhere: { query, isCommon, inNames: false },
    horizon: isKnown ? undefined : sought.horizon,
  };
}

/** 2 % of 100,000 products, 20 % of 1,000. */
const COMMON_FROM = 40;

/**
 * Whether walking over all products finds a page sooner than collecting those that match: the fewer match the longer is
 * the walk, and the more products there are the longer takes the collecting. Measured at 1,000 and 100,000.
 */
function areCommon(share: number, productCount: number): boolean {
  return productCount * share ** 2 >= COMMON_FROM;
}
