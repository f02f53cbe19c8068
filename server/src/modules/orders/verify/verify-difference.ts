// What a verification of orders answers: the same shape as the ledger's, with the ids of orders.
import type { Tx } from "../../../runtime/transaction.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Assets } from "../../ledger/index.ts";

/** One thing that does not agree. Amounts are decimal strings with their currency's code. */
export interface OrderDifference {
  readonly check: OrderCheckName;
  /** One sentence that names it. */
  readonly what: string;
  readonly orderId?: number;
  readonly creditNoteId?: number;
  readonly paymentId?: number;
  readonly accountId?: number;
  readonly journalId?: number;
  readonly holdId?: number;
  /** What it should be by what it derives from. */
  readonly expected?: string;
  /** What is written down. */
  readonly stored?: string;
}

export type OrderCheckName =
  | "order_totals"
  | "order_prices"
  | "order_progress"
  | "order_states"
  | "order_timelines"
  | "order_products"
  | "order_credits"
  | "order_coupons"
  | "order_holds"
  | "order_payments"
  | "order_shipments"
  | "order_returns"
  | "order_refunds"
  | "order_units";

export interface Subject {
  readonly tx: Tx;
  /** Stamp up to which what cannot change was found in order. */
  readonly since: number;
  readonly assets: Assets;
  /** Told of orders that were compared with their payments and holds. */
  readonly onRead?: (count: number) => void;
}

export type Found = Promise<OrderDifference | undefined>;

/** Writes amounts of a currency that a check read as text, "1000 200": "10.00 net, 2.00 tax USD". */
export function tellAmounts(
  { assets }: Subject,
  currency: string | null,
  { amounts, names }: { amounts: string | null; names: readonly string[] },
): string {
  const asset = currency === null ? undefined : assets.byCode(currency);
  const parts = (amounts ?? "").split(" ").filter((part) => part !== "");
  if (parts.length === 0) return "nothing";
  const told = parts.map((part, index) =>
    `${formatAmount(BigInt(part), asset?.scale ?? 0)} ${names[index] ?? ""}`.trimEnd(),
  );
  return `${told.join(", ")} ${asset?.code ?? currency ?? ""}`.trimEnd();
}
