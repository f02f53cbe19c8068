import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWrittenAmount } from "./written-amount.ts";

const NBSP = "\u00a0";
const NARROW = "\u202f";

describe("an amount as people write it", () => {
  it.each<readonly [text: string, scale: number, minor: bigint]>([
    ["12.00", 2, 1_200n],
    ["12,00", 2, 1_200n],
    ["12,5", 2, 1_250n],
    ["12.5", 2, 1_250n],
    ["0.500", 2, 50n],
    ["0,50", 2, 50n],
    ["007.10", 2, 710n],
    ["1,234.56", 2, 123_456n],
    ["1.234,56", 2, 123_456n],
    ["1 234,56", 2, 123_456n],
    [`1${NBSP}234,56`, 2, 123_456n],
    [`12${NARROW}345${NARROW}678,90`, 2, 1_234_567_890n],
    ["1'234.56", 2, 123_456n],
    ["1’234.56", 2, 123_456n],
    ["1,234,567", 2, 123_456_700n],
    ["1.234.567", 2, 123_456_700n],
    ["1,23,456.78", 2, 12_345_678n],
    ["12,34,56,789", 2, 12_345_678_900n],
    ["25 000", 2, 2_500_000n],
    ["5 000", 0, 5_000n],
    ["5000", 0, 5_000n],
    ["5000.00", 0, 5_000n],
    ["25.000", 3, 25_000n],
    ["1234.567", 3, 1_234_567n],
    ["1,234.567", 3, 1_234_567n],
    ["-10.00", 2, -1_000n],
    ["+10.00", 2, 1_000n],
    ["−10.00", 2, -1_000n],
    ["–10,00", 2, -1_000n],
    ["10.00-", 2, -1_000n],
    ["(10.00)", 2, -1_000n],
    ["(1,234.56)", 2, -123_456n],
    [" 12.00 ", 2, 1_200n],
  ])("F6-27 %s at %i decimals", (text, scale, minor) => {
    expect(parseWrittenAmount(text, scale)).toMatchObject({ minor });
  });

  it.each([
    ["25,000", 2],
    ["25.000", 2],
    ["5,000", 0],
    ["5.000", 0],
    ["25,000", 3],
    ["-1,000", 2],
    ["(999.999)", 2],
    ["100,000", 2],
  ])("F6-27 %s at %i decimals is ambiguous", (text, scale) => {
    expect(parseWrittenAmount(text, scale)).toMatch(
      /^is ambiguous: it may be \d+ or \d+ and \d+ thousandths; write it/,
    );
  });

  it.each([
    ["", 2],
    ["-", 2],
    ["12.00 €", 2],
    ["€12", 2],
    ["EUR 12", 2],
    ["1e3", 2],
    ["0x10", 2],
    ["12.", 2],
    [".5", 2],
    ["1,23,45", 2],
    ["12,34.5,6", 2],
    ["1.2.3", 2],
    ["1,2345.00", 2],
    ["1 23,00", 2],
    ["1.234 567,00", 2],
    ["1,234 567", 2],
    ["--1", 2],
    ["-(1)", 2],
    ["(-1)", 2],
    ["-1-", 2],
    ["(1", 2],
    ["١٢", 2],
    ["１２", 2],
  ])("F6-27 %s is no amount", (text, scale) => {
    expect(parseWrittenAmount(text, scale)).toMatch(/^is no amount$/);
  });

  it("F6-27 more decimals than the currency has are told", () => {
    expect(parseWrittenAmount("12.3456", 2)).toBe("has more than the 2 decimals of its currency");
    expect(parseWrittenAmount("5000.5", 0)).toBe("has more than the 0 decimals of its currency");
    expect(parseWrittenAmount("1234,567", 2)).toBe("has more than the 2 decimals of its currency");
  });

  it("F6-27 whatever is written with thousands and decimals is read as it was meant, or refused", () => {
    const STYLES = [
      [",", "."],
      [".", ","],
      [" ", ","],
      ["'", "."],
      ["", "."],
      ["", ","],
    ] as const;
    const style = fc.constantFrom(...STYLES);
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 12n),
        fc.constantFrom(0, 2, 3),
        style,
        (minor, scale, [apart, mark]) => {
          const digits = minor.toString().padStart(scale + 1, "0");
          const whole = digits.slice(0, digits.length - scale).replace(/\B(?=(\d{3})+$)/g, apart);
          const text = scale === 0 ? whole : `${whole}${mark}${digits.slice(-scale)}`;
          const read = parseWrittenAmount(text, scale);
          if (typeof read === "string") expect(read).toContain("is ambiguous");
          else expect(read.minor, text).toBe(minor);
        },
      ),
    );
  });
});
