// Makes instruments and changes their terms. A change waits for the orders that are being placed or filled in the instrument now,
// and they for it.
import { checkVersion } from "../../../http/version.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { appendEvents } from "../../jobs/index.ts";
import type { Assets } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { eventOf, type Instrument, sidesOf } from "./instrument.ts";
import type { InstrumentChange } from "./instrument-schemas.ts";
import * as store from "./instrument-store.ts";
import { checkTerms, readInstrumentChange } from "./read-instrument-input.ts";

/** Appends `instrument.added`. @throws AppError `conflict/instrument_exists` */
export async function addInstrument(tx: Tx, instrument: store.NewInstrument): Promise<Instrument> {
  const added = await store.insertInstrument(tx, instrument);
  if (added === undefined)
    throw tradingError("instrument_exists", {
      fields: [{ field: "symbol", reason: `${instrument.symbol} is taken` }],
    });
  await announce(tx, "instrument.added", added);
  return added;
}

export interface InstrumentPatch {
  readonly input: InstrumentChange;
  /** Versions of which the instrument must have one. */
  readonly versions: readonly number[] | undefined;
}

/**
 * Locks the instrument. Holds for orders placed from then on. Appends `instrument.changed`.
 * @throws AppError `not_found/instrument_not_found`, `conflict/version_mismatch`, `invalid/…` naming the field
 */
export async function changeInstrument(
  tx: Tx,
  assets: Assets,
  { id, input, versions }: InstrumentPatch & { readonly id: number },
): Promise<Instrument> {
  const before = await lock(tx, id);
  checkVersion(before.version, versions);
  const { security: asset, money } = sidesOf(assets, before);
  const changed = { ...before, ...readInstrumentChange({ asset, money }, input) };
  checkTerms(changed);
  return save(tx, changed);
}

async function lock(tx: Tx, id: number): Promise<Instrument> {
  const instrument = await store.lockInstrument(tx, id);
  if (instrument === undefined) throw tradingError("instrument_not_found");
  return instrument;
}

async function save(tx: Tx, instrument: Instrument): Promise<Instrument> {
  const saved = { ...instrument, version: instrument.version + 1, updatedAt: new Date() };
  await store.CHANGED_INSTRUMENTS.write(tx, [saved]);
  await announce(tx, "instrument.changed", saved);
  return saved;
}

async function announce(tx: Tx, topic: string, instrument: Instrument): Promise<void> {
  await appendEvents(tx, [eventOf(topic, instrument)]);
}
