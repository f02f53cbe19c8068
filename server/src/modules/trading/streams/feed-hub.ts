// Serves all streams of this process: reads what was committed since the last pass once for all that stand at the same place, and
// hands it out in the order of the numbers. This process's own commits wake it; those of other processes it finds within a
// quarter of a second. A stream whose client does not read is passed over, and goes on from its own place when it has read.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { startWorker } from "../../../runtime/worker.ts";
import type { Assets } from "../../ledger/index.ts";
import { describeQuote } from "../instruments/describe-instrument.ts";
import * as store from "./feed-store.ts";
import type { FeedTarget } from "./feed-target.ts";
import { takeOrdersSnapshot, takeQuoteSnapshot } from "./snapshots.ts";
import { formatPosition } from "./stream-position.ts";

export interface Subscription {
  readonly stream: FeedTarget;
  /** By instrument: the number of the last quote that was sent; undefined: a snapshot comes first. Changed by the hub. */
  readonly quotes: Map<number, number | undefined>;
  /** Decimals of the instruments' currencies. */
  readonly scales: ReadonlyMap<number, number>;
  /** Whose orders; undefined: nobody's. */
  readonly ownerId: string | undefined;
  /** The number of the last event that was sent. Changed by the hub. */
  orders: number | undefined;
}

export interface FeedHub {
  readonly add: (subscription: Subscription) => void;
  /** Something was committed here. */
  readonly wake: () => void;
  readonly stop: () => Promise<void>;
}

export interface FeedSources {
  readonly db: Sql;
  readonly assets: Assets;
  readonly log: Log;
}

const POLL_MS = 250;
const IDLE_MS = 60_000;
const PACE_MS = 10;
const RETRY_MS = 1_000;
/** Events of one stream in a pass: about a hundred kilobytes. */
const PAGE = 200;
/** A client that leaves this many events unread, with its connection full, is cut off. */
const BEHIND_MAX = 10_000;

export function openFeedHub({ db, assets, log }: FeedSources): FeedHub {
  const subscriptions = new Set<Subscription>();

  async function pass(): Promise<number> {
    if (subscriptions.size === 0) return IDLE_MS;
    const heads = await readHeads(db, subscriptions);
    const ready: Subscription[] = [];
    for (const subscription of subscriptions) {
      if (!subscription.stream.isFull()) ready.push(subscription);
      else if (countBehind(subscription, heads) > BEHIND_MAX) endSlow(subscription);
    }
    for (const subscription of ready) await sendSnapshots({ db, assets }, subscription, heads);
    const quotes = await sendQuotes(db, ready, heads);
    const orders = await sendOrders(db, ready, heads);
    return quotes || orders ? 0 : POLL_MS;
  }

  const worker = startWorker({
    pass,
    paceMs: PACE_MS,
    onFailure: (error) => {
      log.warn({ err: error }, "streams of trading wait: they could not be read");
      return RETRY_MS;
    },
  });
  return {
    add: (subscription) => {
      subscriptions.add(subscription);
      subscription.stream.onClosed(() => subscriptions.delete(subscription));
      subscription.stream.onDrained(worker.wake);
      worker.wake();
    },
    wake: () => {
      if (subscriptions.size > 0) worker.wake();
    },
    stop: worker.stop,
  };
}

interface Heads {
  readonly quotes: ReadonlyMap<number, number>;
  readonly orders: ReadonlyMap<string, number>;
}

async function readHeads(db: Sql, subscriptions: ReadonlySet<Subscription>): Promise<Heads> {
  const all = [...subscriptions];
  const ids = new Set(all.flatMap(({ quotes }) => [...quotes.keys()]));
  const owners = new Set(all.flatMap(({ ownerId }) => ownerId ?? []));
  return {
    quotes: ids.size === 0 ? new Map() : await store.selectQuoteHeads(db, [...ids]),
    orders: owners.size === 0 ? new Map() : await store.selectFeedHeads(db, [...owners]),
  };
}

function countBehind({ quotes, ownerId, orders }: Subscription, heads: Heads): number {
  let behind = ownerId === undefined ? 0 : (heads.orders.get(ownerId) ?? 0) - (orders ?? 0);
  for (const [id, number] of quotes) behind += (heads.quotes.get(id) ?? 0) - (number ?? 0);
  return behind;
}

function endSlow({ stream }: Subscription): void {
  stream.end(
    "slow_reader",
    `over ${BEHIND_MAX} events were left unread: read faster, and go on after the last id`,
  );
}

function tell(subscription: Subscription, event: string, data: string): void {
  const { quotes, ownerId, orders } = subscription;
  const known = new Map([...quotes].flatMap(([id, number]) => (number === undefined ? [] : [[id, number]])));
  const id = formatPosition({ quotes: known, orders: ownerId === undefined ? undefined : orders });
  subscription.stream.send({ id, event, data });
}

/** Also where a stream stands at a place that there is not, or is no longer: before a database was restored, for example. */
async function sendSnapshots(
  source: Pick<FeedSources, "db" | "assets">,
  subscription: Subscription,
  heads: Heads,
): Promise<void> {
  const { quotes, ownerId, orders, scales } = subscription;
  for (const [id, number] of quotes) {
    if (number !== undefined && number <= (heads.quotes.get(id) ?? 0)) continue;
    const snapshot = await takeQuoteSnapshot(source, id, scales.get(id) ?? 0);
    quotes.set(id, snapshot.sequence);
    tell(subscription, "quote_snapshot", JSON.stringify(snapshot));
  }
  if (ownerId === undefined || (orders !== undefined && orders <= (heads.orders.get(ownerId) ?? 0))) return;
  const snapshot = await takeOrdersSnapshot(source, ownerId);
  subscription.orders = snapshot.sequence;
  tell(subscription, "orders_snapshot", JSON.stringify(snapshot));
}

/** @returns whether there may be more */
async function sendQuotes(db: Sql, ready: readonly Subscription[], heads: Heads): Promise<boolean> {
  const places = new Map<string, store.Place<number>>();
  const waiting = ready.flatMap((subscription) =>
    [...subscription.quotes].flatMap(([id, after]) => {
      if (after === undefined || after === heads.quotes.get(id)) return [];
      const place = { id, after };
      places.set(store.placeKey(place), place);
      return [{ subscription, place }];
    }),
  );
  if (places.size === 0) return false;
  const found = await store.selectNextQuotes(db, [...places.values()], PAGE);
  for (const { subscription, place } of waiting) {
    const { id, after } = place;
    const next = found.get(store.placeKey(place)) ?? [];
    if (next[0]?.number !== after + 1) {
      subscription.quotes.set(id, undefined); // what would be next was dropped: a snapshot is next
      continue;
    }
    for (const quote of next) {
      subscription.quotes.set(id, quote.number);
      const told = { instrument_id: String(id), sequence: quote.number };
      const {
        number: _,
        sequence: source_sequence,
        ...prices
      } = describeQuote(quote, subscription.scales.get(id) ?? 0);
      tell(subscription, "quote", JSON.stringify({ ...told, ...prices, source_sequence }));
    }
  }
  return true;
}

/** @returns whether there may be more */
async function sendOrders(db: Sql, ready: readonly Subscription[], heads: Heads): Promise<boolean> {
  const places = new Map<string, store.Place<string>>();
  const waiting = ready.flatMap((subscription) => {
    const { ownerId, orders: after } = subscription;
    if (ownerId === undefined || after === undefined || after === (heads.orders.get(ownerId) ?? 0)) return [];
    const place = { id: ownerId, after };
    places.set(store.placeKey(place), place);
    return [{ subscription, place }];
  });
  if (places.size === 0) return false;
  const found = await store.selectNextEvents(db, [...places.values()], PAGE);
  for (const { subscription, place } of waiting) {
    const next = found.get(store.placeKey(place)) ?? [];
    if (next[0]?.number !== place.after + 1) {
      subscription.orders = undefined;
      continue;
    }
    for (const { number, kind, document } of next) {
      subscription.orders = number;
      tell(subscription, kind, `{"sequence":${number},${document.slice(1)}`);
    }
  }
  return true;
}
