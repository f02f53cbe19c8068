import fc from "fast-check";
import { expect, it } from "vitest";
import { checkMetadata } from "./metadata.ts";
import { checkName, readCode, readForeignCode, readName } from "./names.ts";

const READERS = { readName, readCode, readForeignCode };

it.each([
  ["a zero-width space", "A\u200bB", "U+200B"],
  ["a zero-width space at the end", "AB\u200b", "U+200B"],
  ["a joiner between Latin letters", "A\u200dB", "U+200D"],
  ["a non-joiner between Latin letters", "A\u200cB", "U+200C"],
  ["a word joiner", "A\u2060B", "U+2060"],
  ["a byte order mark", "\ufeffAB", "U+FEFF"],
  ["a soft hyphen", "A\u00adB", "U+00AD"],
  ["a mark of direction", "AB\u200e", "U+200E"],
  ["an override of direction", "A\u202eB", "U+202E"],
  ["an isolate", "\u2066AB\u2069", "U+2066"],
  ["an Arabic letter mark", "A\u061cB", "U+061C"],
  ["a grapheme joiner", "A\u034fB", "U+034F"],
  ["a selector without a picture", "A\ufe0fB", "U+FE0F"],
  ["a selector of ideographs", "A\u{e0100}B", "U+E0100"],
  ["a tag", "A\u{e0041}B", "U+E0041"],
  ["a Hangul filler", "A\u3164B", "U+3164"],
  ["a half-wide Hangul filler", "A\uffa0B", "U+FFA0"],
  ["a blank Braille pattern", "A\u2800B", "U+2800"],
  ["a Mongolian separator", "A\u180eB", "U+180E"],
  ["an invisible operator", "A\u2062B", "U+2062"],
  ["an interlinear anchor", "A\ufff9B", "U+FFF9"],
  ["a line separator", "A\u2028B", "U+2028"],
  ["a private character", "A\ue000B", "U+E000"],
  ["a line break", "A\nB", "control characters"],
  ["a tab", "A\tB", "control characters"],
  ["a control character of Latin 1", "A\u0085B", "control characters"],
  ["half a pair", "A\ud800", "broken Unicode"],
])("F6-16: no name and no code has %s: %j", (_, text, named) => {
  for (const read of Object.values(READERS)) expect(() => read(text, "sku")).toThrow(named);
  expect(() => checkMetadata({ [text]: 1 })).toThrow(named);
});

it("F6-16: the refusal names the field, the character and its place", () => {
  expect(() => readName("Straße \u{1f600}\u200b", "products[3].name")).toThrow(
    "products[3].name: must not have characters that nobody sees: leave out U+200B, which stands at place 9",
  );
});

it.each([
  ["composed and decomposed", "Cafe\u0301", "Café", "Café"],
  ["marks in another order", "e\u0323\u0302", "\u1ec7", "\u1ec7"],
  ["a sign for a letter", "\u212b", "Å", "Å"],
  ["a no-break space", "A\u00a0B", "A B", "A B"],
  ["a narrow no-break space", "A\u202fB", "A B", "A B"],
  ["an ideographic space", "A\u3000B", "A B", "A B"],
  ["a thin and an en space", "A\u2009\u2002B", "A B", "A B"],
  ["two spaces", "A  B", "A B", "A B"],
  ["wide letters", "ＡＢ－１", "ＡＢ－１", "AB-1"],
  ["a ligature", "ﬁt", "ﬁt", "fit"],
  ["half-wide kana", "ｲﾔﾎﾝ", "ｲﾔﾎﾝ", "イヤホン"],
  ["a no-break hyphen", "A\u20111", "A\u20111", "A-1"],
  ["an en dash", "A–1", "A–1", "A-1"],
  ["a minus sign", "A−1", "A−1", "A-1"],
])("F6-16: folds %s: %j", (...[, text, name, code]) => {
  expect(readName(text, "name")).toBe(name);
  expect(readCode(text, "sku")).toBe(code);
});

it("F6-16: trims names, refuses codes with spaces around, and both where they are blank", () => {
  expect(readName("\u00a0 Lamp\u3000", "name")).toBe("Lamp");
  for (const text of [" A", "A ", "\u00a0A", "A\u3000"])
    expect(() => readCode(text, "sku")).toThrow("must not begin or end with a space");
  for (const read of Object.values(READERS))
    for (const text of ["", " ", "\u00a0", "\u3000\u2003"])
      expect(() => read(text, "sku")).toThrow("must not be blank");
  expect([readName(null, "name"), readName(undefined, "name")]).toEqual([null, undefined]);
  expect([readCode(null, "sku"), readForeignCode(undefined, "owner_id")]).toEqual([null, undefined]);
});

it("F6-16: refuses a code whose words mix letters that look alike, and takes what is written so", () => {
  for (const text of ["P\u0410Y-1", "\u0441at", "A\u0392C", "x-\u0430b", "\u13aaB"])
    expect(() => readCode(text, "sku"), text).toThrow("must not mix scripts in a word");
  const written = [
    "АКБ-12V",
    "10μF",
    "4.7kΩ",
    "Ω-λ",
    "USB-кабель",
    "無線イヤホン-2",
    "ТВ 55",
    "épée",
    "ไทย-1",
    "עברית",
  ];
  for (const text of written) expect(readCode(text, "sku")).toBe(text);
  expect(readName("T\u043eyota", "name")).toBe("T\u043eyota"); // a name is no key: two may be called alike
});

it("F6-16: leaves in names the joiners that are seen", () => {
  const written = ["Dev 👩‍💻 kit", "❤️ mug", "1️⃣", "Flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "क्‍ष", "ශ්‍රී", "🇩🇪 shirt"];
  for (const text of written) expect(readName(text, "name")).toBe(text.normalize("NFC"));
});

it("F6-16: what another system compares is taken exactly as it is, or refused", () => {
  for (const text of ["crm-42", "auth0|5f1", "josé", "a b"])
    expect(readForeignCode(text, "owner_id")).toBe(text);
  for (const text of ["jose\u0301", "A\u00a0B", "ＡＢ", "A–1", "a  b"])
    expect(() => readForeignCode(text, "owner_id")).toThrow("must be written in its plain form");
  expect(() => checkName("cafe\u0301", "metadata")).toThrow('must be written in its plain form, "café"');
});

it("F6-16: what was read reads as itself, and its composed and decomposed forms as one", () => {
  const part = fc.constantFrom(..."aAée\u0301 \u00a0ＡΩ-–ｲ\u3099がｶﾞ\u0430Ж각한ไก้1👩‍💻\u200b");
  const text = fc.oneof(
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
  );
  const attempt = (read: typeof readName, input: string) => {
    try {
      return read(input, "name");
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(text, (input) => {
      for (const read of [readName, readCode]) {
        const name = attempt(read, input);
        if (name === undefined) continue;
        expect(attempt(read, name)).toBe(name);
        expect(attempt(read, name.normalize("NFD"))).toBe(name);
        expect(name).not.toMatch(/[\p{Cc}\p{Cs}\u00a0\u200b\u202e]| {2}|^ | $/u);
      }
    }),
    { numRuns: 2_000 },
  );
});
