import { expect, it } from "vitest";
import type { CreditNoteLine } from "./credit-note.ts";
import { splitLines } from "./split-lines.ts";

function line(lineNo: number, gross: bigint, tax: bigint): CreditNoteLine {
  const shelf = { stockAccountId: 7, locationId: 1, stockJournalId: 9 };
  const what = { orderLineNo: lineNo, productId: lineNo, sku: null, name: "Thing", unitPrice: gross };
  return { lineNo, ...what, ...shelf, quantity: 1, gross, tax, net: gross - tax };
}

it("F6-11 puts a line on the border on both notes, with its units on the first", () => {
  const [first, second] = splitLines([line(1, 1_200n, 200n), line(2, 600n, 100n)], [1_500n, 300n]);
  expect(first).toMatchObject([
    { lineNo: 1, gross: 1_200n, tax: 200n, quantity: 1 },
    { lineNo: 2, gross: 300n, tax: 50n, net: 250n, quantity: 1, stockJournalId: 9 },
  ]);
  expect(second).toMatchObject([
    { lineNo: 1, orderLineNo: 2, gross: 300n, tax: 50n, quantity: 0, unitPrice: null, stockJournalId: null },
  ]);
});

it("F6-11 leaves the lines of one refund as they are, and gives the last note all that is left", () => {
  const lines = [line(1, 1_200n, 200n), line(2, 600n, 100n)];
  expect(splitLines(lines, [1_000n])).toEqual([lines]);
  expect(splitLines(lines, [1_200n, 100n]).map((note) => note.map(({ gross }) => gross))).toEqual([
    [1_200n],
    [600n],
  ]);
});
