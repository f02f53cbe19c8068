// Finds out what a typed text is looking for, and caches that for a minute.
import type { AnySql } from "../../../runtime/database.ts";
import {
  type RankedWords,
  type SoughtText,
  selectSoughtText,
  type WordQuery,
  type WordRequest,
} from "./search-store.ts";

/** Quotes, "or" and a minus before a word are treated as plain words. */
const HAS_OPERATORS = /"|(^|\s)-|(^|\s)or(\s|$)/i;
const MEANT_MAX = 5;

const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u;
const UNSPACED = /\p{scx=Han}|\p{scx=Hira}|\p{scx=Kana}|\p{scx=Thai}|\p{scx=Laoo}|\p{scx=Mymr}|\p{scx=Khmr}/u;
const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });

export function planWords(text: string): WordRequest {
  const words = text.normalize("NFKC").toLowerCase().split(BETWEEN_WORDS).flatMap(partWord);
  return {
    tokens: words.filter((word) => word !== ""),
    isPlain: !HAS_OPERATORS.test(text),
    meantMax: MEANT_MAX,
  };
}

/** In scripts without spaces, products index every part of a run, so the typed text may be split where its words end. */
function partWord(word: string): string[] {
  return UNSPACED.test(word) ? Array.from(WORDS.segment(word), ({ segment }) => segment) : [word];
}

export interface ChosenWords {
  /** The query for best match first. */
  readonly ranked: RankedWords;
  /** Matches anywhere; the query for any other order. */
  readonly anywhere: WordQuery;
  /** The typed text is a SKU, whatever else it may be. */
  readonly isSku: boolean;
  /** Set where some words are in no product: from that point on, newly added words would have been missed. */
  readonly horizon: string | undefined;
}

export interface WordChooser {
  /** Finds what to search for. */
  readonly choose: (text: string) => Promise<ChosenWords>;
  /** The result of the last minute. With a horizon it is valid only while no new words were added since. */
  readonly recall: (text: string) => ChosenWords | undefined;
  readonly remember: (text: string, sought: SoughtText) => ChosenWords;
}

const REMEMBERED_MAX = 5_000;
const REMEMBERED_MS = 60_000;

/** Words never become unknown, so a text whose words are all known need not be looked up again. */
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

  function remember(text: string, sought: SoughtText): ChosenWords {
    const { isCommonName, isSku, isKnown, horizon, ...words } = sought;
    const chosen = {
      isSku,
      ranked: { ...words, inNames: isCommonName },
      anywhere: { ...words, inNames: false },
      horizon: isKnown ? undefined : horizon,
    };
    remembered.set(text, chosen);
    return chosen;
  }

  async function choose(text: string): Promise<ChosenWords> {
    const known = recall(text);
    if (known !== undefined && known.horizon === undefined) return known;
    return remember(text, await selectSoughtText(sql, text, planWords(text)));
  }

  return { choose, recall, remember };
}
