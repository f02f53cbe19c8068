import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OrderLine } from "../order.ts";
import { creditableOf, creditUnits, spreadAmount } from "./credit-note.ts";

function line(lineNo: number, fields: Partial<OrderLine>): OrderLine {
  const { quantity = 1, gross = 1_200n } = fields;
  return {
    lineNo,
    productId: lineNo,
    sku: null,
    name: "Thing",
    quantity,
    unitPrice: gross,
    includesTax: true,
    taxRate: 0,
    discount: 0n,
    net: gross,
    tax: 0n,
    gross,
    shipped: quantity,
    returned: 0,
    cancelled: 0,
    short: 0,
    stopped: false,
    credited: 0n,
    tracksStock: true,
    holdIds: [],
    stockAccountIds: [],
    ...fields,
  };
}

/** The line after some of its units came back, and what they gave. */
function giveBack(before: OrderLine, quantity: number): { after: OrderLine; gross: bigint } {
  const { gross } = creditUnits(before, quantity, "return");
  const { returned, credited } = before;
  return { after: { ...before, returned: returned + quantity, credited: credited + gross }, gross };
}

function spread(lines: readonly OrderLine[], amount: bigint): bigint[] {
  const parts = spreadAmount(lines, amount) ?? [];
  return lines.map(({ lineNo }) => parts.find((part) => part.line.lineNo === lineNo)?.gross ?? 0n);
}

describe("F6-13 an amount that names no line", () => {
  it("is every line's by what is left of it, to the minor unit", () => {
    expect(spread([line(1, {}), line(2, {})], 1_200n)).toEqual([600n, 600n]);
    expect(spread([line(1, { gross: 1_000n }), line(2, { gross: 2_000n })], 100n)).toEqual([33n, 67n]);
    expect(spread([line(1, { credited: 1_200n }), line(2, {})], 5n)).toEqual([0n, 5n]);
  });

  it("is first for goods that came back without their money", () => {
    const lines = [line(1, { returned: 1 }), line(2, {}), line(3, {})];
    expect(spread(lines, 1_000n)).toEqual([1_000n, 0n, 0n]);
    expect(spread(lines, 1_800n)).toEqual([1_200n, 300n, 300n]);
  });

  it("is refused where there is less left, and where it is nothing", () => {
    expect(spreadAmount([line(1, { credited: 1n })], 1_200n)).toBeUndefined();
    expect(spreadAmount([line(1, {})], 0n)).toBeUndefined();
  });

  it("lowers what each unit of a line gives back later, and not that of the first alone", () => {
    const first = giveBack(line(1, { quantity: 2, gross: 2_400n, credited: 1_200n }), 1);
    expect(first.gross).toBe(600n);
    expect(giveBack(first.after, 1).gross).toBe(600n);
  });

  it("and returns in any order give back no more than was paid, and in the end all of it", () => {
    const order = fc.array(
      fc.record({ quantity: fc.integer({ min: 1, max: 5 }), gross: fc.bigInt({ min: 0n, max: 999n }) }),
      { minLength: 1, maxLength: 4 },
    );
    const acts = fc.array(fc.record({ line: fc.nat(3), units: fc.nat(5), cents: fc.bigInt(1n, 400n) }));
    fc.assert(
      fc.property(order, acts, (sizes, history) => {
        let lines = sizes.map((size, index) => line(index + 1, size));
        for (const { line: at, units, cents } of history) {
          const parts = spread(lines, cents);
          lines = lines.map((one, index) => ({ ...one, credited: one.credited + (parts[index] ?? 0n) }));
          lines = lines.map((one, index) => {
            const open = Math.min(units, one.quantity - one.returned);
            return index === at && open > 0 ? giveBack(one, open).after : one;
          });
          for (const one of lines) expect(creditableOf(one)).toBeGreaterThanOrEqual(0n);
        }
        for (const one of lines) {
          const open = one.quantity - one.returned;
          const { after } = open > 0 ? giveBack(one, open) : { after: one };
          expect(after.credited).toBe(one.gross);
        }
      }),
    );
  });
});
