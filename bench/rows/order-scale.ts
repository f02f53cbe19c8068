// Does an order cost the same with a million orders in the tables? Measures the rate nearly empty, places orders until there
// are so many, and measures again.

import type { Figure } from "../figures.ts";
import { findMedian } from "../measure.ts";
import type { Workbench } from "../workbench.ts";
import type { Watch } from "./endurance.ts";
import { addOrderProducts, shapeOrders } from "./orders.ts";
import { measureLoad } from "./rows.ts";

const ROUNDS = 5;
const FILL_SLICE_SECONDS = 20;

export async function measureOrderScale(
  bench: Workbench,
  { orders, seconds }: { readonly orders: number; readonly seconds: number },
  { notes, onProgress }: Watch,
): Promise<Figure[]> {
  const productIds = await addOrderProducts(bench);
  const load = {
    traffic: "orders",
    spread: "uniform",
    inFlight: 256,
    orders: shapeOrders({ lines: 1 }, productIds),
  } as const;
  const place = (time: number) => measureLoad(bench, { id: "order-scale", load }, { seconds: time, notes });
  const measure = async () => {
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) rates.push((await place(seconds)).perSecond);
    return findMedian(rates) ?? 0;
  };
  await place(seconds); // to warm up
  const empty = await measure();
  const wanted = orders.toLocaleString("en-US");
  for (let there = await countOrders(bench); there < orders; there = await countOrders(bench)) {
    onProgress(`scale: ${there.toLocaleString("en-US")} orders of ${wanted}`);
    await place(FILL_SLICE_SECONDS);
  }
  await bench.sql`CHECKPOINT`;
  const full = await measure();
  return [
    { label: "orders of one line, 256 in flight, nearly no orders", value: empty, unit: "/s" },
    { label: `the same with ${wanted} orders`, value: full, unit: "/s" },
    { label: "cost of an order, full / empty", value: empty / full, unit: "×", target: { atMost: 1.5 } },
  ];
}

async function countOrders({ sql }: Workbench): Promise<number> {
  const [row] = await sql<{ count: bigint }[]>`SELECT count(*) AS count FROM orders.orders`;
  return Number(row?.count);
}
