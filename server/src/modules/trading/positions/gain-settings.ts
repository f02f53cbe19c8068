// How gains are counted, as the settings say: kept in the database, where the desk reads it. The reporting currency is fixed by the
// first trade, because what is kept of a trade is kept in it.
import type { TradingReader } from "../services.ts";
import { type GainSettings, saveGainSettings } from "./position-store.ts";

export interface GainWish extends Pick<GainSettings, "basis"> {
  /** The reporting currency as it was set. */
  readonly wanted: string | undefined;
  readonly byDefault: string;
}

/** Returns a sentence where the currency that was set is unknown, or trades are told in another one already. */
export async function keepGainSettings(
  { db, assets }: TradingReader,
  { wanted, byDefault, basis }: GainWish,
): Promise<string | undefined> {
  const isKnown = (code: string) => assets.byCode(code)?.kind === "money";
  if (wanted !== undefined && !isKnown(wanted))
    return `TRADING_REPORTING_CURRENCY: ${wanted} is no currency here`;
  const reportingCurrency = wanted ?? (isKnown(byDefault) ? byDefault : "USD");
  const kept = await saveGainSettings(db, { reportingCurrency, basis });
  if (wanted === undefined || kept === wanted) return undefined;
  return `TRADING_REPORTING_CURRENCY: gains are kept in ${kept} already, so leave it at that`;
}
