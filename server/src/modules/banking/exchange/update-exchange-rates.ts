// Takes the rates of a source into the book: those that changed, for currencies that are known here. One implausible rate
// refuses the whole answer, because a feed that is wrong by a factor of a hundred would give the house's money away.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import type { Assets } from "../../ledger/index.ts";
import { addExchangeRates, findLatestRates, readRate } from "./exchange-rate.ts";
import type { FetchedRate, RateSource } from "./rate-source.ts";

/** A pair may at most double or halve between two fetches; an administrator may set any rate. */
const JUMP_MAX = 2n;

/**
 * Fetches once and adds what changed. Returns how many rates were added.
 * @throws Error saying why the source's answer was not accepted; then nothing was added
 */
export async function updateExchangeRates(
  { db, assets, source }: { db: Sql; assets: Assets; source: RateSource },
  signal?: AbortSignal,
): Promise<number> {
  const fetched = await source.fetchRates(signal);
  const isKnown = (code: string) => assets.byCode(code) !== undefined;
  const usable = fetched.filter(({ base, quote }) => isKnown(base) && isKnown(quote));
  const latest = await readLatest(db);
  for (const rate of usable) checkPlausible(rate, latest.get(nameOf(rate)));
  const changed = usable.filter((rate) => latest.get(nameOf(rate)) !== rate.rate);
  if (changed.length === 0) return 0;
  const added = changed.map((rate) => ({ ...rate, source: source.name, setBy: SYSTEM_ACTOR.id }));
  await inTransaction(db, (tx) => addExchangeRates(tx, added));
  return added.length;
}

async function readLatest(db: Sql): Promise<Map<string, string>> {
  return new Map((await findLatestRates(db)).map((rate) => [nameOf(rate), rate.rate]));
}

function nameOf({ base, quote }: { base: string; quote: string }): string {
  return `${base} ${quote}`;
}

function checkPlausible({ base, quote, rate }: FetchedRate, before: string | undefined): void {
  const [now, then] = [readRate(rate), before === undefined ? undefined : readRate(before)];
  if (now === undefined || then === undefined) return;
  const [a, b] = [now.digits * 10n ** BigInt(then.scale), then.digits * 10n ** BigInt(now.scale)];
  if (a > b * JUMP_MAX || b > a * JUMP_MAX)
    throw new Error(
      `the rate of ${base} in ${quote} jumped from ${before} to ${rate}; if that is true, an administrator sets it with POST /exchange-rates`,
    );
}
