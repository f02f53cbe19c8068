import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSequencer, verifyTrail } from "../../src/modules/audit/index.ts";
import { openTransferSource } from "../../src/modules/ledger/index.ts";
import { openVault } from "../../src/runtime/vault/vault.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";

const WRITERS = 8;
const ENTRIES_EACH = 250;
const KILLS = 6;
const PROGRAM = join(import.meta.dirname, "audit-process.ts");

function start({ url }: TestDatabase, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, url, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Numbers of the entries that the process was told were committed. */
async function readAcknowledged(writer: ChildProcess): Promise<number[]> {
  let text = "";
  writer.stdout?.on("data", (chunk) => {
    text += chunk;
  });
  await once(writer, "close");
  return text.trim().split("\n").map(Number);
}

async function countChained({ db }: TestDatabase): Promise<number> {
  const [row] = await db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.entries`;
  return row.count;
}

async function countWaiting({ db }: TestDatabase): Promise<number> {
  const [row] = await db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.pending`;
  return row.count;
}

/** Kills the sequencer at work again and again; another stands by, and a new one is started each time. */
async function killSequencers(database: TestDatabase): Promise<void> {
  const running = [start(database, "sequence"), start(database, "sequence")];
  for (let kills = 0, last = 0; kills < KILLS; ) {
    const chained = await countChained(database);
    if (chained === WRITERS * ENTRIES_EACH) break; // the writers were faster than the kills
    if (chained <= last) continue;
    last = chained;
    const victim = running.shift();
    victim?.kill("SIGKILL");
    running.push(start(database, "sequence"));
    kills += 1;
  }
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(running.map((child) => once(child, "close")));
}

test("eight writing processes and sequencers killed at work: one chain, every committed entry in it once", async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const encryptionKey = Buffer.alloc(32, 7).toString("base64");
  const vault = await openVault(db, { encryptionKey, previousKey: undefined, dataDir: "/nowhere" });
  const writers = Array.from({ length: WRITERS }, (_, n) =>
    start(database, "write", `w${n}`, String(ENTRIES_EACH)),
  );
  const acknowledged = Promise.all(writers.map(readAcknowledged));
  await killSequencers(database);
  const numbers = await acknowledged;
  const sequencer = createSequencer({ db, vault });
  // A killed sequencer's lock lives until PostgreSQL has noticed, and a round that finds it taken has nothing to do.
  while ((await countWaiting(database)) > 0) await sequencer.runRound();

  expect(numbers.map((each) => each.length)).toEqual(Array.from({ length: WRITERS }, () => ENTRIES_EACH));
  const rows = await db<
    { request: string }[]
  >`SELECT body::json->'origin'->>'request_id' AS request FROM audit.entries`;
  const expected = numbers.flatMap((each, writer) => each.map((n) => `w${writer}-${n}`));
  expect(rows.map((row) => row.request).toSorted()).toEqual(expected.toSorted());
  const { findings, entryCount } = await verifyTrail(db, {
    source: openTransferSource(db),
    directory: undefined,
  });
  expect(findings).toEqual([]);
  expect(entryCount).toBe(WRITERS * ENTRIES_EACH);
  await database.drop();
});
