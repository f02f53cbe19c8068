// The lots that an order to sell has chosen, and how they stand in its row.
import type { ChosenLot } from "./position.ts";

type Chosen = readonly ChosenLot[] | null;

/** Those that are not sold yet. */
export function chosenLots({
  lots,
  filled,
}: {
  readonly lots: Chosen;
  readonly filled: bigint;
}): ChosenLot[] {
  let sold = filled;
  return (lots ?? []).flatMap(({ lotId, quantity }) => {
    const gone = sold < quantity ? sold : quantity;
    sold -= gone;
    return gone === quantity ? [] : [{ lotId, quantity: quantity - gone }];
  });
}

export function formatLots(lots: Chosen): string | null {
  if (lots === null) return null;
  return JSON.stringify(lots.map(({ lotId, quantity }) => [lotId, String(quantity)]));
}

export function toLots(text: string | null): Chosen {
  if (text === null) return null;
  return (JSON.parse(text) as [number, string][]).map(([lotId, quantity]) => ({
    lotId,
    quantity: BigInt(quantity),
  }));
}
