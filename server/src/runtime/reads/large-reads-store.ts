// Gives a transaction that reads whole tables more time and memory than transactions that requests wait for.
import type { Tx } from "../transaction.ts";

/** `settings` of PostgreSQL in addition to those that every large read needs, until the transaction ends. */
export async function allowLargeReads(
  { sql }: Tx,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const wanted = { ...SETTINGS, ...settings };
  await sql`
    SELECT set_config(name, value, true)
    FROM unnest(${Object.keys(wanted)}::text[], ${Object.values(wanted)}::text[]) AS settings (name, value)`;
}

const SETTINGS = {
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  jit: "off",
  enable_seqscan: "on",
  work_mem: "64MB",
  plan_cache_mode: "force_custom_plan",
};
