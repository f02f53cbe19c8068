import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sum } from "../../../values/money.ts";
import { fill, spreadTax } from "./spread.ts";

describe("F6-11 an amount over several charges", () => {
  it("fills them in their order", () => {
    expect(fill([500n, 300n, 200n], 600n)).toEqual([500n, 100n, 0n]);
    expect(fill([500n], 600n)).toEqual([500n]);
  });

  it("has its tax spread by share, within what each charge has left", () => {
    expect(spreadTax([500n, 100n], [100n, 20n], 120n)).toEqual([100n, 20n]);
    expect(spreadTax([500n, 500n], [10n, 90n], 100n)).toEqual([10n, 90n]);
    expect(spreadTax([500n, 500n], [0n, 0n], 100n)).toEqual([0n, 0n]);
  });

  it("and the parts add up to the tax wherever there is room for it", () => {
    const charge = fc.record({ amount: fc.bigInt(0n, 1_000n), room: fc.bigInt(0n, 1_000n) });
    fc.assert(
      fc.property(fc.array(charge, { minLength: 1, maxLength: 5 }), fc.bigInt(0n, 2_000n), (charges, tax) => {
        const amounts = charges.map(({ amount }) => amount);
        const rooms = charges.map(({ amount, room }) => (room < amount ? room : amount));
        const parts = spreadTax(amounts, rooms, tax);
        const all = sum(rooms);
        expect(sum(parts)).toBe(tax < all ? tax : all);
        for (const [index, part] of parts.entries()) {
          expect(part).toBeGreaterThanOrEqual(0n);
          expect(part).toBeLessThanOrEqual(rooms[index] ?? 0n);
        }
      }),
    );
  });
});
