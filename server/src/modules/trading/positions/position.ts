// A position: how much trading has put into an account of an asset and what that cost, by average cost. Units that came into the
// account otherwise have no cost here, and selling them brings no gain.

import { divideHalfUp } from "../../../values/money.ts";
import type { Side } from "../matching/meet-quote.ts";

export interface Position {
  readonly assetAccountId: number;
  readonly currency: string;
  readonly asset: string;
  readonly ownerId: string;
  readonly quantity: bigint;
  /** The cost of the quantity, fees included. */
  readonly cost: bigint;
  readonly realized: bigint;
  readonly fees: bigint;
  readonly version: number;
}

export interface PositionFill {
  readonly side: Side;
  readonly quantity: bigint;
  readonly money: bigint;
  readonly fee: bigint;
}

/** A purchase adds its cost; a sale takes its share of the cost away, and leaves the average unchanged. */
export function applyFill(position: Position, fill: PositionFill): { position: Position; realized: bigint } {
  const { side, quantity, money, fee } = fill;
  const [fees, version] = [position.fees + fee, position.version + 1];
  if (side === "buy") {
    const [held, cost] = [position.quantity + quantity, position.cost + money + fee];
    return { position: { ...position, quantity: held, cost, fees, version }, realized: 0n };
  }
  const known = quantity < position.quantity ? quantity : position.quantity;
  const left = position.quantity - known;
  const cost = left === 0n ? position.cost : divideHalfUp(position.cost * known, position.quantity);
  const proceeds = divideHalfUp((money - fee) * known, quantity);
  const realized = proceeds - cost;
  return {
    position: {
      ...position,
      quantity: left,
      cost: position.cost - cost,
      realized: position.realized + realized,
      fees,
      version,
    },
    realized,
  };
}
