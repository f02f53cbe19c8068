// Spreads an amount and the tax in it over several charges. Pure.
import { least, most, sum } from "../../../values/money.ts";

/** Fills the rooms in their order; what does not fit is left out. */
export function fill(rooms: readonly bigint[], amount: bigint): bigint[] {
  let left = amount;
  return rooms.map((room) => {
    const part = most(least(room, left), 0n);
    left -= part;
    return part;
  });
}

/**
 * The tax of each amount: its share, but never more than there is room for, and never less than the later ones have no room for.
 * So the parts add up to the tax, or to all the room where that is less.
 */
export function spreadTax(amounts: readonly bigint[], rooms: readonly bigint[], tax: bigint): bigint[] {
  const fitting = rooms.map((room, index) => most(least(room, amounts[index] ?? 0n), 0n));
  let taxLeft = least(tax, sum(fitting));
  let amountLeft = sum(amounts);
  return amounts.map((amount, index) => {
    const share = amountLeft === 0n ? 0n : (taxLeft * amount) / amountLeft;
    const part = least(fitting[index] ?? 0n, most(share, taxLeft - sum(fitting.slice(index + 1))));
    taxLeft -= part;
    amountLeft -= amount;
    return part;
  });
}
