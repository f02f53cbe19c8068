// Search among 100,000 products: how much slower is a search than the read of one product by its primary key?

import type { Figure } from "../figures.ts";
import { findRatio, measureInTurns, type Row, summarizeRow } from "../measure.ts";
import type { Workbench } from "../workbench.ts";
import { addProducts, type Visit } from "./catalog.ts";
import type { Watch } from "./endurance.ts";
import { measureLoad, shapeVisit } from "./rows.ts";

const PRODUCTS = 100_000;
const ROUNDS = 3;
const CONNECTIONS = [1, 16] as const;

/** Adds products up to 100,000 and measures reads and searches in turns. */
export async function measureCatalogScale(
  bench: Workbench,
  seconds: number,
  { notes, onProgress }: Watch,
): Promise<Figure[]> {
  const [row] = await bench.sql<{ count: number }[]>`SELECT count(*)::integer AS count FROM catalog.products`;
  onProgress(`scale: adding products up to ${PRODUCTS.toLocaleString("en-US")}`);
  await addProducts(bench, row?.count ?? 0, PRODUCTS - (row?.count ?? 0));
  await bench.sql`CHECKPOINT`;
  const rows = CONNECTIONS.flatMap((inFlight) =>
    (["reads", "searches", "list"] as const).map((visit): Row => {
      const id = nameRow(visit, inFlight);
      const load = shapeVisit(visit, { products: PRODUCTS, inFlight });
      return { id, label: id, measure: (time) => measureLoad(bench, { id, load }, { seconds: time, notes }) };
    }),
  );
  const onSlice = (done: number, of: number, label: string) =>
    onProgress(`scale: ${done + 1}/${of} ${label}`);
  await measureInTurns(rows, { rounds: 1, seconds: 1, onSlice });
  const samples = await measureInTurns(rows, { rounds: ROUNDS, seconds, onSlice });
  return CONNECTIONS.flatMap((inFlight) => {
    const among = `among 100,000 products, ${inFlight} in flight`;
    const [search, read] = [nameRow("searches", inFlight), nameRow("reads", inFlight)];
    const ratio = findRatio(samples, { id: search, against: [read], key: "p99Ms" }) ?? 0;
    return [
      {
        label: `read by primary key ${among}: p99`,
        value: summarizeRow(samples, read)?.p99Ms ?? 0,
        unit: "ms",
      },
      { label: `search ${among}: p50`, value: summarizeRow(samples, search)?.p50Ms ?? 0, unit: "ms" },
      { label: `search ${among}: p99`, value: summarizeRow(samples, search)?.p99Ms ?? 0, unit: "ms" },
      { label: "search / read by primary key, p99", value: ratio, unit: "×", target: { atMost: 3 } },
    ];
  });
}

function nameRow(visit: Visit, inFlight: number): string {
  return `${visit}-of-100000-${inFlight}`;
}
