// The JSON documents of sales: counts as numbers, amounts as decimal strings of the requested currency.
import type { AmountWriter } from "../describe-order.ts";
import { averageOf, type LineSales, netRevenueOf, type OrderSales, revenueOf } from "./analytics.ts";

export function describeOrderSales(sales: OrderSales, write: AmountWriter) {
  const average = averageOf(sales);
  return {
    orders: Number(sales.orders),
    ...describeSums(sales, write),
    credit_notes: Number(sales.creditNotes),
    average_order_value: average === undefined ? null : write(average),
  };
}

export function describeLineSales(sales: LineSales, write: AmountWriter) {
  return {
    lines: Number(sales.lines),
    ...describeSums(sales, write),
    credit_lines: Number(sales.creditLines),
  };
}

function describeSums(sales: Omit<OrderSales, "orders" | "creditNotes">, write: AmountWriter) {
  return {
    units: Number(sales.units),
    net: write(sales.net),
    tax: write(sales.tax),
    gross: write(sales.gross),
    units_credited: Number(sales.unitsCredited),
    credited_net: write(sales.creditedNet),
    credited: write(sales.credited),
    revenue: write(revenueOf(sales)),
    net_revenue: write(netRevenueOf(sales)),
  };
}
