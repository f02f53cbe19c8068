// Compares the wanted state of an order with its lines: which units stay, which go, and which are added. Pure.
import { AppError } from "../../../values/app-error.ts";
import { orderError } from "../errors.ts";
import type { Order, OrderLine } from "../order.ts";
import type { NewLine } from "../placing/price-lines.ts";
import type { TaxRates } from "../placing/tax-rates.ts";

export interface MatchedLines {
  /** Units that are removed, by line number. */
  readonly cancelled: ReadonlyMap<number, number>;
  /** Units that are added, each with the index of its item. */
  readonly added: readonly { readonly item: NewLine; readonly index: number }[];
}

/**
 * Each item keeps units of lines with the same product and price, shipped ones first; what it wants beyond them is
 * added, and units that no item keeps are removed. Refuses `order_shipped` where shipped units are not kept.
 */
export function matchLines(
  { lines }: Order,
  items: readonly NewLine[],
  taxRates: TaxRates,
): MatchedLines | AppError {
  const missing = items.map(({ quantity }) => quantity);
  const kept = new Map<number, number>(lines.map(({ lineNo }) => [lineNo, 0]));
  const keep = (upTo: (line: OrderLine) => number) => {
    for (const [index, item] of items.entries())
      for (const line of lines) {
        if (!isSame(line, item, taxRates)) continue;
        const before = kept.get(line.lineNo) ?? 0;
        const count = Math.min(upTo(line) - before, missing[index] ?? 0);
        kept.set(line.lineNo, before + count);
        missing[index] = (missing[index] ?? 0) - count;
      }
  };
  keep(({ shipped }) => shipped);
  keep(({ quantity, cancelled }) => quantity - cancelled);
  const lost = lines.find(({ lineNo, shipped }) => (kept.get(lineNo) ?? 0) < shipped);
  if (lost !== undefined)
    return orderError("order_shipped", {
      message: `${lost.shipped} of line ${lost.lineNo} (${lost.name}) are shipped: keep them, and take them back by a return`,
    });
  return {
    cancelled: new Map(
      lines.flatMap(({ lineNo, quantity, cancelled }) => {
        const gone = quantity - cancelled - (kept.get(lineNo) ?? 0);
        return gone === 0 ? [] : [[lineNo, gone] as const];
      }),
    ),
    added: items.flatMap((item, index) => {
      const quantity = missing[index] ?? 0;
      return quantity === 0 ? [] : [{ item: { ...item, quantity }, index }];
    }),
  };
}

/** Fields that an item leaves out are as in the line. */
function isSame(line: OrderLine, item: NewLine, taxRates: TaxRates): boolean {
  if ((item.productId ?? null) !== line.productId) return false;
  const isNamedSo = item.description === undefined || item.description === line.name;
  const costsSo = item.unitPrice === undefined || item.unitPrice === line.unitPrice;
  const includesSo = item.includesTax === undefined || item.includesTax === line.includesTax;
  const isTaxedSo = item.taxClass === undefined || taxRates.rateOf(item.taxClass) === line.taxRate;
  return isNamedSo && costsSo && includesSo && isTaxedSo;
}

/** The refusal of a line that was priced alone, named by the index of its item. */
export function nameItem(refused: AppError, index: number): AppError {
  const fields = refused.details.fields?.map((problem) => ({
    ...problem,
    field: problem.field.replace(/^items\[\d+\]/, `items[${index}]`),
  }));
  return fields === undefined
    ? refused
    : new AppError(refused.kind, refused.code, { ...refused.details, fields });
}
