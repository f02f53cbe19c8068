// Cancels all open orders of an owner when a stream that was opened for it breaks, whoever closed it. The stream's process renews
// a lease; if the process dies, the lease runs out after half a minute, and another process cancels.
import type { Log } from "../../../runtime/log.ts";
import type { TradingServices } from "../services.ts";
import { cancelAllOf } from "../trade-orders/end-order.ts";
import type { FeedTarget } from "./feed-target.ts";
import * as store from "./stream-guard-store.ts";

export interface StreamGuards {
  /** Call `watch` with the stream once it is open. @throws AppError `unavailable` where it cannot be written down */
  readonly prepare: (ownerId: string, openedBy: string) => Promise<{ watch: (stream: FeedTarget) => void }>;
  readonly close: () => Promise<void>;
}

const RENEW_MS = 5_000;

export function openStreamGuards(services: TradingServices, log: Log): StreamGuards {
  const { db } = services;
  const open = new Map<number, FeedTarget>();
  const underWay = new Set<Promise<void>>();

  async function renew(): Promise<void> {
    if (open.size === 0) return;
    const alive = await store.renewGuards(db, [...open.keys()]);
    for (const [id, stream] of open)
      if (!alive.has(id))
        stream.end("failed", "the server was away too long: your orders have been cancelled");
  }

  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn({ err: error }, "the leases of streams could not be renewed"));
  }, RENEW_MS);
  timer.unref();

  function breakStream(id: number): void {
    open.delete(id);
    const cancelling = store
      .expireGuard(db, id)
      .then(() => cancelForBroken(services))
      .then(
        () => undefined,
        // The lease runs out by itself, and the task cancels.
        (error: unknown) =>
          log.warn({ err: error }, "the orders of a broken stream could not be cancelled yet"),
      );
    underWay.add(cancelling);
    void cancelling.then(() => underWay.delete(cancelling));
  }

  return {
    prepare: async (ownerId, openedBy) => {
      const id = await store.insertGuard(db, { ownerId, openedBy });
      return {
        watch: (stream) => {
          open.set(id, stream);
          stream.onClosed(() => breakStream(id));
        },
      };
    },
    close: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

/** Cancels the orders of all streams that broke. Returns the number of orders. */
export async function cancelForBroken(services: TradingServices): Promise<number> {
  let count = 0;
  for (const { id, ownerId, openedBy, before } of await store.selectBrokenGuards(services.db)) {
    const reason = `a stream that ${openedBy} had opened for it broke`;
    count += await cancelAllOf(services, { ownerId, before, reason });
    await store.deleteGuard(services.db, id);
  }
  return count;
}
