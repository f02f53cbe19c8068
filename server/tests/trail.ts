// The audit trail as tests read it: all entries, once the sequencer has chained what was written so far.
import { expect } from "vitest";
import type { Sql } from "../src/runtime/database.ts";

export interface TrailEntry {
  readonly event: string;
  readonly actor_id: string;
  readonly actor_kind: string;
  readonly resource?: { readonly type: string; readonly id: string };
  readonly outcome: "success" | "refused";
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly origin: Readonly<Record<string, unknown>>;
}

/** In the order of the chain. */
export async function readTrail(db: Sql): Promise<TrailEntry[]> {
  const countPending = async () =>
    (await db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.pending`)[0].count;
  await expect.poll(countPending, { timeout: 15_000 }).toBe(0);
  const rows = await db<{ body: string }[]>`SELECT body FROM audit.entries ORDER BY seq`;
  return rows.map(({ body }) => JSON.parse(body) as TrailEntry);
}
