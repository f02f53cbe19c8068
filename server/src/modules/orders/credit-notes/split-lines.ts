// Splits the lines of a credit note over several notes: each refund has a note of its own, and an amount that no one charge of the
// payment can give back alone takes several refunds. Pure.
import type { CreditNoteLine } from "./credit-note.ts";

/**
 * The lines of each note, in the order of the amounts; the last takes all that is left. A line on the border is on both sides of it:
 * with its units first, then as an amount alone.
 */
export function splitLines(lines: readonly CreditNoteLine[], amounts: readonly bigint[]): CreditNoteLine[][] {
  const notes: CreditNoteLine[][] = [];
  let rest = [...lines];
  for (const amount of amounts.slice(0, -1)) {
    const { before, after } = cut(rest, amount);
    notes.push(before);
    rest = after;
  }
  return [...notes, rest].map((note) => note.map((line, index) => ({ ...line, lineNo: index + 1 })));
}

function cut(
  lines: readonly CreditNoteLine[],
  amount: bigint,
): { before: CreditNoteLine[]; after: CreditNoteLine[] } {
  const [before, after]: [CreditNoteLine[], CreditNoteLine[]] = [[], []];
  let left = amount;
  for (const line of lines) {
    if (line.gross <= left) before.push(line);
    else if (left === 0n) after.push(line);
    else {
      const tax = (line.tax * left) / line.gross;
      before.push({ ...line, gross: left, tax, net: left - tax });
      after.push(toAmount(line, { gross: line.gross - left, tax: line.tax - tax }));
    }
    left = line.gross <= left ? left - line.gross : 0n;
  }
  return { before, after };
}

/** Without units, which are on another note. */
function toAmount(line: CreditNoteLine, { gross, tax }: { gross: bigint; tax: bigint }): CreditNoteLine {
  const nowhere = { stockAccountId: null, locationId: null, stockJournalId: null };
  return { ...line, ...nowhere, quantity: 0, unitPrice: null, gross, tax, net: gross - tax };
}
