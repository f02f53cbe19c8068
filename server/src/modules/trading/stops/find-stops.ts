// Finds the stops of trading that are on.
import type { Sql } from "../../../runtime/database.ts";
import { selectStops } from "./trading-stop-store.ts";

/** Newest first, at most 1,000. */
export async function findStops(db: Sql) {
  const stops = await selectStops(db);
  return stops.map(({ ownerId, instrumentId, reason, actorId, at }) => ({
    owner_id: ownerId ?? null,
    instrument_id: instrumentId === undefined ? null : String(instrumentId),
    reason,
    actor_id: actorId,
    at: at.toISOString(),
  }));
}
