// Makes instruments and changes their terms. A change waits for orders that are being placed or filled in the instrument,
// and they wait for it.
import { checkVersion } from "../../../http/version.ts";
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { appendEvents } from "../../jobs/index.ts";
import type { Assets } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "./find-instruments.ts";
import { eventOf, type Instrument, type InstrumentTerms, sidesOf } from "./instrument.ts";
import type { InstrumentChange } from "./instrument-schemas.ts";
import * as store from "./instrument-store.ts";
import { checkBookTerms, checkTerms, readInstrumentChange } from "./read-instrument-input.ts";

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
  readonly terms: Partial<InstrumentTerms>;
  /** The versions the instrument may have; any other is refused. */
  readonly versions: readonly number[] | undefined;
}

/**
 * Reads a change against the current instrument: quantities by its asset, money by its currency, which never change. No locks.
 * @throws AppError `not_found/instrument_not_found`, `invalid/…`, `refused/instrument_terms_unfit` naming the field
 */
export async function prepareInstrumentChange(
  { db, assets }: { readonly db: Sql; readonly assets: Assets },
  id: number,
  input: InstrumentChange,
): Promise<Partial<InstrumentTerms>> {
  const instrument = await getInstrument(db, id);
  if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
  const { security: asset, money } = sidesOf(assets, instrument);
  return readInstrumentChange({ asset, money }, input);
}

/**
 * Locks the instrument. Applies to orders placed from then on. Appends `instrument.changed`.
 * @throws AppError `not_found/instrument_not_found`, `conflict/version_mismatch`, `refused/instrument_terms_unfit` naming the field
 */
export async function changeInstrument(
  tx: Tx,
  assets: Assets,
  { id, terms, versions }: InstrumentPatch & { readonly id: number },
): Promise<Instrument> {
  const before = await lock(tx, id);
  checkVersion(before.version, versions);
  const changed = { ...before, ...terms };
  checkTerms(changed);
  if (before.venue === "book") await checkGrid(tx, assets, { before, changed });
  return save(tx, changed);
}

/** While orders are open in a book, its prices and quantities keep their grid: each of them stays on it. */
async function checkGrid(
  tx: Tx,
  assets: Assets,
  { before, changed }: { before: Instrument; changed: Instrument },
): Promise<void> {
  const field = before.tick === changed.tick ? "lot" : "tick";
  if (before.tick === changed.tick && before.lot === changed.lot) return;
  const { security: asset, money } = sidesOf(assets, before);
  checkBookTerms(changed, { asset, money });
  if (!(await store.hasOpenOrders(tx, before.id))) return;
  const reason = "orders are open: halt the instrument and cancel them first";
  throw tradingError("instrument_terms_unfit", { fields: [{ field, reason }] });
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
