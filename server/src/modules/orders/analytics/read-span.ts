// Reads the period and the currency of a sales report.
import { refusedField } from "../../../values/app-error.ts";
import { readAll, readTime } from "../../../values/read-input.ts";
import { formatStamp, stampOf } from "../../../values/time.ts";
import { readCurrency } from "../../ledger/index.ts";
import { type AmountWriter, amountWriter } from "../describe-order.ts";
import type { OrderServices } from "../services.ts";
import type { SalesSpan } from "./analytics.ts";

const MICROSECONDS_PER_DAY = 86_400_000_000;
const DEFAULT_DAYS = 30;
/** Ten years. */
const DAYS_MAX = 3_660;

export interface SpanQuery {
  readonly from?: string;
  readonly to?: string;
  readonly currency?: string;
}

export interface AskedSpan {
  readonly span: SalesSpan;
  /** As the answer repeats them. */
  readonly frame: { readonly from: string; readonly to: string; readonly currency: string };
  readonly write: AmountWriter;
}

/** Half-open; without `from` the 30 days before `to`, without `to` until now. @throws AppError `invalid/…` naming the field */
export function readSpan(
  { assets, settings }: Pick<OrderServices, "assets" | "settings">,
  query: SpanQuery,
): AskedSpan {
  const { asset, ...read } = readAll({
    asset: () => readCurrency(assets, query.currency ?? settings.defaultCurrency),
    from: () => readTime(query.from, "from"),
    to: () => readTime(query.to, "to"),
  });
  const currency = asset.code;
  const to = read.to ?? stampOf(new Date());
  const from = read.from ?? Math.max(0, to - DEFAULT_DAYS * MICROSECONDS_PER_DAY);
  if (from >= to) throw refusedField("from", "must be before to");
  if (to - from > DAYS_MAX * MICROSECONDS_PER_DAY)
    throw refusedField("from", `must be at most ${DAYS_MAX} days before to`);
  return {
    span: { from, to, currency },
    frame: { from: formatStamp(from), to: formatStamp(to), currency },
    write: amountWriter(assets, currency),
  };
}
