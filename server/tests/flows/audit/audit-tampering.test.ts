import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  appendAudit,
  createSequencer,
  eraseSubject,
  makeCheckpoints,
  openSigners,
  verifyTrail,
} from "../../../src/modules/audit/index.ts";
import { buildPostCommand } from "../../../src/modules/banking/transactions/post-transactions.ts";
import { openTransferSource } from "../../../src/modules/ledger/index.ts";
import { openRiskGuard } from "../../../src/modules/risk/index.ts";
import { findRewritable, grantServerRole, mayServe } from "../../../src/program/server-role-store.ts";
import { openDatabase } from "../../../src/runtime/database.ts";
import { serverRole } from "../../../src/runtime/embedded-postgres/index.ts";
import { inTransaction } from "../../../src/runtime/transaction.ts";
import { openVault } from "../../../src/runtime/vault/vault.ts";
import { asServer } from "../../database.ts";
import { openTestDesk, STAFF, type TestDesk } from "../../desk.ts";

let ground: TestDesk;
let directory: string;
const signers = openSigners({ signingKey: "05".repeat(32), dataDir: "/nowhere", logName: "test" });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "countinghouse-published-"));
  ground = await openTestDesk();
  await record(20);
});
afterEach(async () => {
  await ground.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Books `count` deposits and chains their entries; a checkpoint is published. */
async function record(count: number): Promise<void> {
  const { db, assets } = ground;
  const accountId = await ground.openAccount({ owner: "ada" });
  const asset = assets.byCode("EUR");
  if (asset === undefined) throw new Error("no EUR");
  for (let n = 0; n < count; n += 1)
    await ground.carryOut(
      buildPostCommand(
        { actor: STAFF, assets, risk: openRiskGuard([]) },
        { type: "deposit", accountId, amount: 5n, asset },
      ),
    );
  const encryptionKey = Buffer.alloc(32, 7).toString("base64");
  const vault = await openVault(db, { encryptionKey, previousKey: undefined, dataDir: "/nowhere" });
  const sequencer = createSequencer({ db, vault });
  while ((await sequencer.runRound()).more);
  await makeCheckpoints({ db, source: openTransferSource(db), signers, directory });
}

async function findings(): Promise<string[]> {
  const found = await verifyTrail(ground.db, { source: openTransferSource(ground.db), directory });
  return found.findings.map(({ what }) => what);
}

/** As somebody would who has the database's superuser. */
const tamper = (sql: string) =>
  ground.db.unsafe(`SET session_replication_role = replica; ${sql}; SET session_replication_role = origin`);

/** What somebody would try who has found a way to run SQL of their own in the server. */
const ATTEMPTS = [
  "UPDATE audit.entries SET body = '{}'",
  "DELETE FROM audit.entries_00000",
  "TRUNCATE audit.entries",
  "DELETE FROM audit.checkpoints",
  "DELETE FROM audit.pending",
  "UPDATE ledger.transfers SET amount = 1",
  "UPDATE ledger.transfers SET reference = 'mine'",
  "DELETE FROM ledger.transfers",
  "UPDATE ledger.holds SET owner_type = 'order', owner_id = 1",
  "UPDATE ledger.holds SET amount = 1",
  "DELETE FROM ledger.holds",
  "TRUNCATE ledger.transfers",
  "DELETE FROM ledger.refusals",
  "UPDATE runtime.migrations SET checksum = ''",
  "SET session_replication_role = replica",
  "ALTER TABLE audit.entries DISABLE TRIGGER ALL",
  "DROP TABLE audit.entries_00000",
  "ALTER TABLE ledger.transfers DETACH PARTITION ledger.transfers_2000_01",
  "CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
  "ALTER TABLE audit.entries OWNER TO countinghouse_server",
  "SET ROLE countinghouse",
  "CREATE TABLE ledger.mine (id bigint)",
  "SELECT runtime.drop_idempotency_epoch(1)",
  "COPY (SELECT 1) TO PROGRAM 'cat'",
];

test("ASVS 16.4.2, 13.2.2: the role that serves can neither rewrite history nor switch off what keeps it", async () => {
  const server = openDatabase({ url: asServer(ground.databaseUrl), poolSize: 1, statementTimeoutMs: 10_000 });
  expect(await findRewritable(server)).toEqual([]);
  expect(await findRewritable(ground.db)).toContain("audit.entries");
  for (const attempt of ATTEMPTS)
    await expect(server.unsafe(attempt), attempt).rejects.toThrow(
      /permission denied|must be owner|refused|not one to drop|Only roles with/,
    );
  expect(await findings()).toEqual([]);
  await server.end();
});

test("a role that was let in before a table came is let in again", async () => {
  const { db } = ground;
  expect(await mayServe(db, serverRole)).toBe(true);
  await db`CREATE TABLE runtime.later (id bigint)`; // by a migration; then the start was killed
  expect(await mayServe(db, serverRole)).toBe(false);
  await grantServerRole(db, serverRole);
  expect(await mayServe(db, serverRole)).toBe(true);
});

test("a trail that nobody touched is in order", async () => {
  expect(await findings()).toEqual([]);
});

test("ASVS 16.4.2: a changed entry is found and named", async () => {
  await tamper(`UPDATE audit.entries SET body = replace(body, '"staff"', '"stuff"') WHERE seq = 7`);
  expect(await findings()).toEqual(["entry 7 is not the one that was written there"]);
});

test("a personal value that somebody removed is found and named; of a subject who was forgotten it is not", async () => {
  const entry = (actorId: string, email: string) => ({
    event: "thing.do",
    actorId,
    actorKind: "user",
    outcome: "success" as const,
    origin: { requestId: "r-1", ip: "192.0.2.7" },
    personal: { email },
  });
  await inTransaction(ground.db, (tx) =>
    appendAudit(tx, [entry("ada", "ada@example.com"), entry("eve", "eve@example.com")]),
  );
  await record(1);
  expect(await findings()).toEqual([]);
  const eraser = { actorId: "root", actorKind: "user", origin: { requestId: "r-2" } };
  await eraseSubject(ground.db, { subjectId: "eve", ...eraser });
  expect(await findings()).toEqual([]);
  await tamper("DELETE FROM audit.personal_values WHERE subject_id = 'ada' AND name = 'email'");
  expect(await findings()).toEqual([
    expect.stringMatching(/^the value email of entry \d+ is gone, though its subject was never forgotten$/),
  ]);
});

test("a changed column beside an untouched body is found", async () => {
  await tamper("UPDATE audit.entries SET actor_id = 'eve' WHERE seq = 3");
  expect(await findings()).toEqual(["the columns of entry 3 do not say what its body says"]);
});

test("a deleted entry is found and named", async () => {
  await tamper("DELETE FROM audit.entries WHERE seq = 7");
  expect(await findings()).toEqual(["entry 7 is missing"]);
});

test("two entries that changed places are found and named", async () => {
  await tamper(`
    UPDATE audit.entries SET seq = seq + 1000 WHERE seq IN (4, 9);
    UPDATE audit.entries SET seq = 9 WHERE seq = 1004;
    UPDATE audit.entries SET seq = 4 WHERE seq = 1009`);
  expect(await findings()).toEqual([
    "entry 4 is not the one that was written there",
    "entry 9 is not the one that was written there",
  ]);
});

test("a truncated tail is found and named, also where the log's size was turned back with it", async () => {
  await tamper("DELETE FROM audit.entries WHERE seq >= 15");
  expect(await findings()).toEqual(["entries 15 to 19 are missing"]);
  await tamper("UPDATE audit.logs SET size = 15, last_key = 14 WHERE log = 1");
  expect((await findings())[0]).toContain("of entries at size 20 covers more than the log still has");
});

test("a chain that was computed anew from a changed entry on is found by the published checkpoint", async () => {
  const rewritten = await rewriteFrom(7);
  expect(rewritten).toBe(13);
  expect((await findings())[0]).toBe(
    "the published checkpoint of entries at size 20 has another root than what the log holds now: the past was changed",
  );
});

/** What an attacker does who knows the program and has all its keys: every hash anew, the checkpoint signed again. */
async function rewriteFrom(seq: number): Promise<number> {
  const { db } = ground;
  const rows = await db<{ seq: bigint; body: string; written_at: Date }[]>`
    SELECT seq, body FROM audit.entries WHERE seq >= ${seq} ORDER BY seq`;
  await tamper(`
    DELETE FROM audit.entries WHERE seq >= ${seq}; DELETE FROM audit.checkpoints; DELETE FROM audit.tiles WHERE log = 1;
    UPDATE audit.logs SET size = 0, last_key = -1 WHERE log = 1`);
  const { chainHash, hashLeaf } = await import("../../../src/modules/audit/proofs/merkle-hash.ts");
  const { appendLeaves } = await import("../../../src/modules/audit/proofs/tiles.ts");
  const [before] = await db<
    [{ chain_hash: Buffer }]
  >`SELECT chain_hash FROM audit.entries WHERE seq = ${seq - 1}`;
  let last = before.chain_hash;
  for (const { seq: at, body } of rows) {
    const changed = body.replace('"staff"', '"stuff"');
    last = chainHash(last, hashLeaf(changed));
    await db`
      INSERT INTO audit.entries (seq, written_at, event, actor_id, resource_type, resource_id, succeeded, body, chain_hash)
      SELECT ${String(at)}, (b->>'at')::timestamptz, b->>'event', b->>'actor_id', b->'resource'->>'type', b->'resource'->>'id', true, ${changed}, ${last}
      FROM (SELECT ${changed}::text::jsonb AS b) AS parsed`;
  }
  const bodies = await db<{ seq: bigint; body: string }[]>`SELECT seq, body FROM audit.entries ORDER BY seq`;
  const leaves = bodies.map((row) => ({ key: row.seq, hash: hashLeaf(row.body) }));
  for (const tile of appendLeaves(0, [], leaves))
    await db`INSERT INTO audit.tiles (log, level, position, first_key, hashes) VALUES (1, ${tile.level}, ${tile.position}, 0, ${tile.hashes})`;
  await db`UPDATE audit.logs SET size = ${bodies.length}, last_key = ${bodies.length - 1} WHERE log = 1`;
  await makeCheckpoints({ db, source: openTransferSource(db), signers, directory: undefined });
  return rows.length;
}

test("a changed, a deleted and an added transfer are found against what was signed", async () => {
  const [row] = await ground.db<
    [{ id: bigint }]
  >`SELECT id FROM ledger.transfers ORDER BY id OFFSET 5 LIMIT 1`;
  await tamper(`UPDATE ledger.transfers SET amount = amount + 1 WHERE id = ${row.id}`);
  expect((await findings())[0]).toContain("of transfers at size 20 has another root");
  await tamper(`DELETE FROM ledger.transfers WHERE id = ${row.id}`);
  expect((await findings())[0]).toBe(`the log of transfers has 20, the ledger 19 up to ${await lastKey()}`);
});

async function lastKey(): Promise<bigint> {
  const [row] = await ground.db<[{ last: bigint }]>`SELECT last_key AS last FROM audit.logs WHERE log = 2`;
  return row.last;
}

test("a transfer that was booked past the trail is found and named", async () => {
  const { db } = ground;
  const [row] = await db<[{ id: bigint }]>`SELECT max(id) AS id FROM ledger.transfers`;
  await tamper(`
    CREATE TEMPORARY TABLE copy AS SELECT * FROM ledger.transfers WHERE id = ${row.id};
    UPDATE copy SET id = id + 50, journal_id = journal_id + 50;
    INSERT INTO ledger.transfers SELECT * FROM copy;
    DROP TABLE copy`);
  await record(1);
  expect(await findings()).toEqual([`no entry of the trail names transaction ${row.id + 50n}`]);
});

test("damaged hashes are found before they make a wrong proof", async () => {
  await tamper("UPDATE audit.tiles SET hashes = set_byte(hashes, 40, 1) WHERE log = 2 AND level = 0");
  expect(await findings()).toEqual(["the stored hashes of the log transfers are damaged: proofs would fail"]);
});
