// What the check of a token costs: the same read with and without one, a second each in turns, on a server that has nothing
// else to do. Beside the other rows it could not be told: there the audit trail is still chaining what they left.

import type { Figure } from "../figures.ts";
import { findMedian } from "../measure.ts";
import type { Workbench } from "../workbench.ts";
import type { Watch } from "./endurance.ts";
import { measureLoad } from "./rows.ts";

const TURNS = 9;
const SECONDS = 1;
const READS = {
  traffic: "reads",
  spread: "uniform",
  inFlight: 16,
  paths: ["/api/v1/products?limit=1"],
} as const;
const TRANSFERS = { traffic: "transfers", spread: "uniform", inFlight: 256 } as const;

/** To be called before other rows. Empty where processor time cannot be read. */
export async function measureAuthorization(
  bench: Workbench,
  { notes, onProgress }: Watch,
): Promise<Figure[]> {
  onProgress("authorization");
  const spend = async (load: typeof TRANSFERS | (typeof READS & { readonly withToken: boolean })) =>
    (await measureLoad(bench, { id: "authorization", load }, { seconds: SECONDS, notes })).serverUs;
  const differences: number[] = [];
  for (let turn = -1; turn < TURNS; turn++) {
    const guest = await spend({ ...READS, withToken: false });
    const token = await spend({ ...READS, withToken: true });
    if (turn >= 0 && guest !== undefined && token !== undefined) differences.push(token - guest);
  }
  await spend(TRANSFERS); // to warm up
  const transfer = await spend(TRANSFERS);
  const difference = findMedian(differences);
  if (difference === undefined || transfer === undefined) return [];
  return [
    {
      label: "authorization: server's time for a token / for a transfer",
      value: Math.max(0, difference) / transfer,
      unit: "×",
      target: { atMost: 0.1 },
    },
  ];
}
