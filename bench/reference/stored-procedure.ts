// Drives the reference ledger of stored-procedure.sql directly: one connection, batches as large as what is in flight,
// synchronous commit, 100,000 accounts, Zipf 1.0. No HTTP, no authorization, no keys, no outbox: the best case for it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase, type Sql } from "../../server/src/runtime/database.ts";
import { createHistogram, findPercentileMs, recordLatency } from "../load/histogram.ts";
import { createPicker, type Pair } from "../load/pick-accounts.ts";
import type { Sample } from "../measure.ts";

/** `each` is the port; `at_once` inserts the history once per batch, which the original does not. */
export type History = "each" | "at_once";

export interface ReferenceLedger {
  readonly sql: Sql;
  readonly pick: () => Pair;
  nextId: number;
}

export interface Transfers {
  readonly ids: number[];
  readonly debits: number[];
  readonly credits: number[];
  readonly amounts: number[];
}

const OPENING_BALANCE = 1_000_000;

/** Creates the reference's schema in the database of `url`, which must not have it yet. */
export async function createReferenceLedger(url: string, accountCount: number): Promise<ReferenceLedger> {
  const sql = openDatabase({ url, poolSize: 1, statementTimeoutMs: 600_000 });
  await sql.unsafe(await readFile(join(import.meta.dirname, "stored-procedure.sql"), "utf8"));
  await sql`INSERT INTO reference.accounts SELECT id, ${OPENING_BALANCE} FROM generate_series(1, ${accountCount}::int) AS id`;
  await sql`VACUUM ANALYZE reference.accounts`;
  return { sql, pick: createPicker("zipf", accountCount), nextId: 1 };
}

/** Posts batches of `inFlight` transfers for so many seconds; each transfer waits as long as its whole batch. */
export async function measureProcedure(
  ledger: ReferenceLedger,
  history: History,
  options: { inFlight: number; seconds: number },
): Promise<Sample> {
  const latencies = createHistogram();
  const startedAt = performance.now();
  const until = startedAt + options.seconds * 1_000;
  let batch = pickTransfers(ledger, options.inFlight);
  let posted = 0;
  for (let now = startedAt; now < until; ) {
    const outcomes = postTransfers(ledger.sql, history, batch);
    batch = pickTransfers(ledger, options.inFlight); // while the server works, as a waiting queue would fill
    posted += (await outcomes).length;
    const answeredAt = performance.now();
    recordLatency(latencies, answeredAt - now);
    now = answeredAt;
  }
  const perSecond = (posted / (performance.now() - startedAt)) * 1_000;
  return { perSecond, p50Ms: findPercentileMs(latencies, 0.5), p99Ms: findPercentileMs(latencies, 0.99) };
}

/** One outcome per transfer: 0 booked, 1 not enough money, 2 no such account, 3 id already booked. */
export async function postTransfers(sql: Sql, history: History, batch: Transfers): Promise<number[]> {
  const text =
    "SELECT reference.post($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean) AS outcomes";
  const { ids, debits, credits, amounts } = batch;
  const values = [ids, debits, credits, amounts, history === "at_once"];
  const [row] = await sql.unsafe<{ outcomes: number[] }[]>(text, values, { prepare: true });
  return row?.outcomes ?? [];
}

/** @throws Error when money was made or lost. */
export async function checkReferenceSum(sql: Sql): Promise<void> {
  const [row] = await sql<{ difference: string }[]>`
    SELECT coalesce(sum(balance) - count(*) * ${OPENING_BALANCE}::bigint, 0) AS difference FROM reference.accounts`;
  if (row?.difference !== "0") throw new Error(`the reference ledger is off by ${row?.difference}`);
}

function pickTransfers(ledger: ReferenceLedger, count: number): Transfers {
  const batch: Transfers = { ids: [], debits: [], credits: [], amounts: [] };
  for (let index = 0; index < count; index++) {
    const { debit, credit } = ledger.pick();
    batch.ids.push(ledger.nextId++);
    batch.debits.push(debit + 1);
    batch.credits.push(credit + 1);
    batch.amounts.push(1 + Math.floor(Math.random() * 100));
  }
  return batch;
}
