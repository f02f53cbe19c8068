// Prices for newcomers: a random walk that is the same for the same seed. Only for development, and only for instruments that
// have no other source of quotes.
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { selectInstruments } from "../instruments/instrument-store.ts";
import { floorTo } from "../matching/price.ts";
import type { FillServices } from "../services.ts";
import { type NewQuote, takeQuotes } from "./take-quotes.ts";

const SOURCE = "random walk";
const FIRST_PRICE = 100_000_000_000n;
/** The largest step up or down, in millionths of the price. */
const STEP_MAX = 5_000n;
const INSTRUMENTS_MAX = 100;

/** One step for each open instrument without another source of quotes. Returns their number. */
export async function walk(services: FillServices, seed: number): Promise<number> {
  const found = await selectInstruments(services.db, { state: "open", limit: INSTRUMENTS_MAX });
  const walking = found.filter(({ quote }) => quote === null || quote.source === SOURCE);
  if (walking.length === 0) return 0;
  const time = Date.now() * 1_000;
  await takeQuotes(
    services,
    { actor: SYSTEM_ACTOR },
    walking.map((instrument) => stepOf(instrument, { seed, time })),
  );
  return walking.length;
}

/** The next quote: a bid and an ask a tick apart, the last price between them. */
export function stepOf(
  { id, tick, quote }: Pick<Instrument, "id" | "tick" | "quote">,
  { seed, time }: { readonly seed: number; readonly time: number },
): NewQuote {
  const sequence = (quote?.sequence ?? 0) + 1;
  const before = quote?.last ?? FIRST_PRICE;
  const millionths = BigInt(scramble(seed + id * 65_537 + sequence) % (2 * Number(STEP_MAX) + 1)) - STEP_MAX;
  const walked = floorTo(before + (before * millionths) / 1_000_000n, tick);
  const last = walked > tick ? walked : tick;
  return { instrumentId: id, bid: last, ask: last + tick, last, time, source: SOURCE, sequence };
}

/** A pseudo-random whole number of 32 bits (the finalizer of MurmurHash3). */
function scramble(number: number): number {
  let bits = number >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
