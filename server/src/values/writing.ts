// Which parts of a text are visible, and which letters belong together: texts that people cannot tell apart count as the same.

/** Invisible: control, format, private and unassigned characters, halves of surrogate pairs, line separators. */
export const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** The scripts of living languages (UAX 31, table 5). */
const SCRIPTS =
  "Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hangul Han Hebrew Hiragana " +
  "Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan";
/** The scripts that may be mixed in one word (UTS 39, "highly restrictive"). */
const MIXTURES = ["Latin Han Hiragana Katakana", "Latin Han Bopomofo", "Latin Han Hangul"];
const WRITINGS = [...MIXTURES, ...SCRIPTS.split(" ")].map((scripts) => {
  const letters = scripts.split(" ").map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${letters.join("")}\\p{Script=Common}\\p{Script=Inherited}]*$`, "u");
});

/** Whether all letters of the text belong together: `еxample` with a Cyrillic е is another word than it seems. */
export function isOneWriting(text: string): boolean {
  return WRITINGS.some((writing) => writing.test(text));
}
