// Stops of trading (kill switches): from an owner, or in an instrument, no new orders are taken until staff ends the stop. The rows are
// read under the lock of their owner or instrument, which setting one takes too.

import type { AppError } from "../../../values/app-error.ts";
import { type Desk, leaveRow, setRow } from "../../desk/index.ts";
import { tradingError } from "../errors.ts";
import { SAVED_STOPS, type Stopped, TRADING_STOPS, type TradingStop } from "./trading-stop-store.ts";

export function stopKeys(ownerId: string, instrumentId: number): string[] {
  return [`owner ${ownerId}`, `instrument ${instrumentId}`];
}

export function keyOf({ ownerId, instrumentId }: Stopped): string {
  return ownerId === undefined ? `instrument ${instrumentId}` : `owner ${ownerId}`;
}

/** Refuses `trading_stopped`, with the reason. */
export function refuseStopped(desk: Desk, ownerId: string, instrumentId: number): AppError | undefined {
  const stops = desk.rows.of(TRADING_STOPS);
  for (const [index, key] of stopKeys(ownerId, instrumentId).entries()) {
    const reason = stops.get(key);
    if (reason === undefined) continue;
    const what = index === 0 ? "the owner" : "the instrument";
    return tradingError("trading_stopped", { message: `Trading is stopped for ${what}: ${reason}` });
  }
  return undefined;
}

/** Turns a stop on or off; later commands of the batch see it. */
export function saveStop(desk: Desk, stop: TradingStop): void {
  const key = keyOf(stop);
  if (stop.isOn) setRow(desk, TRADING_STOPS, [key, stop.reason]);
  else desk.rows.of(TRADING_STOPS).delete(key);
  leaveRow(desk, SAVED_STOPS, stop);
}
