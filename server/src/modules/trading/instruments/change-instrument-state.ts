// Opens, halts and closes an instrument, with the reason on the trail. Closing ends the session: then an order for the day is
// over, and separate commands free what it held.
import { checkVersion } from "../../../http/version.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import { tradingError } from "../errors.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { describeInstrument } from "./describe-instrument.ts";
import { eventOf, type InstrumentState } from "./instrument.ts";
import { CHANGED_INSTRUMENTS, INSTRUMENTS } from "./instrument-store.ts";

export interface StateChange {
  readonly id: number;
  readonly state: InstrumentState;
  readonly reason: string;
  readonly versions: readonly number[] | undefined;
}

/**
 * If it has that state already, only the reason changes. Locks the instrument. Refuses `instrument_not_found`,
 * `version_mismatch`. Leaves `instrument.changed`.
 */
export async function changeInstrumentState(
  services: TradingServices,
  caller: TradingCaller,
  change: StateChange,
): Promise<CommandOutcome> {
  return services.desk.submit(buildStateCommand(services, caller, change));
}

const EVENTS = { open: "instrument.open", halted: "instrument.halt", closed: "instrument.close" } as const;

function buildStateCommand(
  { assets }: TradingServices,
  caller: TradingCaller,
  change: StateChange,
): BookCommand {
  return {
    event: EVENTS[change.state],
    ...caller,
    scope: { accountIds: [], stampCount: 1 },
    needs: [{ reader: INSTRUMENTS, ids: [change.id] }],
    decide: (desk) => decide(desk, assets, change),
  };
}

function decide(
  desk: Desk,
  assets: TradingServices["assets"],
  { id, state, reason, versions }: StateChange,
): Decision {
  const before = desk.rows.of(INSTRUMENTS).get(id);
  if (before === undefined) throw tradingError("instrument_not_found");
  checkVersion(before.version, versions);
  const isClosing = state === "closed" && before.state !== "closed";
  const session = before.session + (isClosing ? 1 : 0);
  const updatedAt = new Date(desk.book.now / 1_000);
  const changed = { ...before, state, stateReason: reason, session, updatedAt, version: before.version + 1 };
  desk.rows.of(INSTRUMENTS).set(id, changed);
  desk.rows.add(CHANGED_INSTRUMENTS, changed);
  desk.events.push(eventOf("instrument.changed", changed));
  return {
    answer: JSON.stringify(describeInstrument(assets, changed, desk.book.now)),
    counted: [],
    resource: { type: "instrument", id: String(id) },
    details: { reason },
  };
}
