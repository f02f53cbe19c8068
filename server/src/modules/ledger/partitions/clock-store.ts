// The SQL of the ledger's clock: how far its stamps run ahead of the database's own.
import type { Sql } from "../../../runtime/database.ts";

/** Microseconds by which the newest stamp lies in the future; 0 or less as long as the clock was never set back. */
export async function selectClockLead(db: Sql): Promise<number> {
  const [row] = await db<[{ lead: bigint }]>`
    SELECT ledger.clock() - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS lead`;
  return Number(row.lead);
}
