// Takes the snapshots of a day: what each owner's positions are worth at the newest quotes and exchange rates. Taken any number of
// times a day, by any process: the last one of a day counts.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { parseStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { selectBids } from "../instruments/instrument-store.ts";
import { moneyOf } from "../matching/price.ts";
import { convert, type Position, plus } from "../positions/position.ts";
import { type AccountPositions, selectGainSettings, selectPositions } from "../positions/position-store.ts";
import type { TradingReader } from "../services.ts";
import { selectFlows } from "./analytics-store.ts";
import { type Snapshot, saveSnapshots } from "./snapshot-store.ts";

const PAGE = 1_000;
const DAY_MS = 86_400_000;

/** @returns the number of owners */
export async function takeSnapshots({ db, assets }: TradingReader, at = new Date()): Promise<number> {
  const day = at.toISOString().slice(0, 10);
  const [bids, reading] = await Promise.all([selectBids(db), selectGainSettings(db)]);
  const owners = await sumByOwner({ db, assets }, { bids, reading });
  const reporting = assets.byCode(reading.settings.reportingCurrency)?.scale ?? 0;
  const span = { from: stampOfDay(day), to: stampOfDay(nextDay(day)) };
  const flows = await selectFlows(db, span, { assets, reporting });
  const snapshots = [...owners].map(
    ([ownerId, sums]): Snapshot => ({
      ...{ ownerId, day, takenAt: at.getTime() * 1_000 },
      ...sums,
      ...(flows.get(ownerId) ?? { bought: 0n, sold: 0n }),
    }),
  );
  for (let from = 0; from < snapshots.length; from += PAGE)
    await inTransaction(db, (tx) => saveSnapshots(tx, snapshots.slice(from, from + PAGE)));
  return snapshots.length;
}

type OwnerSums = Pick<Snapshot, "value" | "cost" | "realized">;

interface Prices {
  readonly bids: ReadonlyMap<string, bigint>;
  readonly reading: Pick<AccountPositions, "settings" | "rates">;
}

async function sumByOwner(
  { db, assets }: { db: Sql; assets: Assets },
  prices: Prices,
): Promise<Map<string, OwnerSums>> {
  const owners = new Map<string, OwnerSums>();
  for (let cursor = 0; ; ) {
    const positions = await selectPositions(db, { cursor, limit: PAGE });
    if (positions.some(({ asset }) => assets.byCode(asset) === undefined)) await assets.refresh();
    // The last account of a full page may have more currencies on the next one, so it is read there again.
    const last = positions.length < PAGE ? undefined : positions.at(-1)?.assetAccountId;
    const whole = positions.filter(({ assetAccountId }) => assetAccountId !== last);
    for (const position of whole) {
      const before = owners.get(position.ownerId) ?? { value: 0n, cost: 0n, realized: 0n };
      owners.set(position.ownerId, {
        value: plus(before.value, worthOf(assets, position, prices)),
        cost: plus(before.cost, position.costReporting),
        realized: plus(before.realized, position.realizedReporting),
      });
    }
    if (last === undefined) return owners;
    cursor = whole.at(-1)?.assetAccountId ?? last - 1;
  }
}

/** In the reporting currency. */
function worthOf(assets: Assets, position: Position, { bids, reading }: Prices): bigint | null {
  if (position.quantity === 0n) return 0n;
  const bid = bids.get(`${position.asset} ${position.currency}`);
  if (bid === undefined) return null;
  const { scales } = sidesOf(assets, position);
  const to = assets.byCode(reading.settings.reportingCurrency)?.scale ?? 0;
  const rate = reading.rates.get(position.currency) ?? null;
  return convert(moneyOf(position.quantity, bid, scales), rate, { from: scales.money, to });
}

function stampOfDay(day: string): number {
  return parseStamp(`${day}T00:00:00Z`) ?? 0;
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}
