// Staff stops trading for an owner or in an instrument, with a reason that goes to the trail: no new order is taken, and those that are
// open are cancelled. The stop is committed first; a task cancels what a dying process left open.
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import { tradingError } from "../errors.ts";
import { INSTRUMENTS } from "../instruments/instrument-store.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { cancelAllOf } from "../trade-orders/end-order.ts";
import { OWNER_COUNTS } from "../trade-orders/trade-order-store.ts";
import { type Stopped, selectStopsWithOrders, TRADING_STOPS } from "./trading-stop-store.ts";
import { keyOf, saveStop } from "./trading-stops.ts";

export interface StopChange extends Stopped {
  readonly reason: string;
  readonly isOn: boolean;
}

/**
 * Turns a stop on, and cancels the open orders, or off. Locks the owner or the instrument. Refuses `instrument_not_found`. Turning
 * on what is on changes its reason; turning off what is off changes nothing.
 */
export async function stopTrading(
  services: TradingServices,
  caller: TradingCaller,
  change: StopChange,
): Promise<CommandOutcome> {
  const outcome = await services.desk.submit(buildStopCommand(caller, change));
  if (change.isOn && !("refused" in outcome)) await cancelAllOf(services, reasoned(change));
  return outcome;
}

function buildStopCommand(caller: TradingCaller, change: StopChange): BookCommand {
  const { ownerId, instrumentId } = change;
  return {
    event: change.isOn ? "trading.stop" : "trading.stop_end",
    ...caller,
    scope: { accountIds: [], stampCount: 1 },
    needs: [
      ...(instrumentId === undefined ? [] : [{ reader: INSTRUMENTS, ids: [instrumentId] }]),
      ...(ownerId === undefined ? [] : [{ reader: OWNER_COUNTS, ids: [ownerId] }]),
      { reader: TRADING_STOPS, ids: [keyOf(change)] },
    ],
    decide: (desk) => decide(desk, caller, change),
  };
}

function decide(desk: Desk, { actor }: TradingCaller, change: StopChange): Decision {
  const { ownerId, instrumentId, reason, isOn } = change;
  if (instrumentId !== undefined && !desk.rows.of(INSTRUMENTS).has(instrumentId))
    throw tradingError("instrument_not_found");
  saveStop(desk, { ...change, actorId: actor.id });
  const answer = {
    owner_id: ownerId ?? null,
    instrument_id: instrumentId === undefined ? null : String(instrumentId),
    ...{ reason, is_stopped: isOn },
  };
  const resource =
    ownerId === undefined ? { type: "instrument", id: String(instrumentId) } : { type: "user", id: ownerId };
  return { answer: JSON.stringify(answer), counted: [], resource, details: { reason } };
}

function reasoned({ ownerId, instrumentId }: Stopped) {
  return { ownerId, instrumentId, reason: "trading was stopped" };
}

/** Cancels what is still open where trading is stopped. Returns the number of stops that had such orders. */
export async function enforceStops(services: TradingServices): Promise<number> {
  const stops = await selectStopsWithOrders(services.db);
  for (const stop of stops) await cancelAllOf(services, reasoned(stop));
  return stops.length;
}
