import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../tests/database.ts";
import { openDatabase } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { openVault, type Vault } from "../../../runtime/vault/vault.ts";
import { appendAudit, createNumberedWriter } from "../entries/append-audit.ts";
import type { AuditEntry } from "../entries/entry.ts";
import { eraseSubject } from "../entries/erase-subject.ts";
import { createSequencer } from "./sequence-entries.ts";

let database: TestDatabase;
let vault: Vault;
beforeEach(async () => {
  database = await createTestDatabase({ poolSize: 12 });
  vault = await openVault(database.db, {
    encryptionKey: Buffer.alloc(32, 7).toString("base64"),
    previousKey: undefined,
    dataDir: "/nowhere",
  });
});
afterEach(() => database.drop());

const ORIGIN = { requestId: "r-1", ip: "192.0.2.7" };
const entry = (fields: Partial<AuditEntry> = {}): AuditEntry => ({
  event: "thing.do",
  actorId: "ada",
  actorKind: "user",
  outcome: "success",
  origin: ORIGIN,
  ...fields,
});
const write = (...entries: AuditEntry[]) => inTransaction(database.db, (tx) => appendAudit(tx, entries));

async function chainAll(sequencer = createSequencer({ db: database.db, vault })): Promise<void> {
  while ((await sequencer.runRound()).more);
}

/** The chain as an outsider would check it: from the bodies alone. */
async function readChain(): Promise<{ seq: number; body: string; whole: boolean }[]> {
  const rows = await database.db<{ seq: bigint; body: string; chain_hash: Buffer }[]>`
    SELECT seq, body, chain_hash FROM audit.entries ORDER BY seq`;
  let last = Buffer.alloc(32);
  return rows.map(({ seq, body, chain_hash }) => {
    const leaf = createHash("sha256").update("\0").update(body).digest();
    last = createHash("sha256").update(last).update(leaf).digest();
    return { seq: Number(seq), body, whole: last.equals(chain_hash) };
  });
}

test("entries are chained in order, each hash over the one before and the canonical bytes", async () => {
  await write(
    entry({ details: { b: 1, a: [true, null, "ü\n"] }, resource: { type: "thing", id: "7" } }),
    entry(),
  );
  await write(entry({ outcome: "refused", code: "no_such_thing", actorId: 'q"\\' }));
  await chainAll();
  const chain = await readChain();
  expect(chain.map(({ seq, whole }) => [seq, whole])).toEqual([
    [0, true],
    [1, true],
    [2, true],
  ]);
  expect(chain[0]?.body).toMatch(
    /^\{"actor_id":"ada","actor_kind":"user","at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","details":\{"a":\[true,null,"ü\\n"\],"b":1\},"event":"thing.do","origin":\{"ip":"[0-9a-f]{64}","request_id":"r-1"\},"outcome":"success","resource":\{"id":"7","type":"thing"\}\}$/,
  );
  expect(JSON.parse(chain[2]?.body ?? "")).toMatchObject({ actor_id: 'q"\\', code: "no_such_thing" });
  expect(await database.db`SELECT FROM audit.pending`).toHaveLength(0);
});

test("failure 30: eight writers and four sequencers at once make one chain without a fork, and lose nothing", async () => {
  let writing = true;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; n < 40; n += 1) {
      const failing = n % 5 === 4; // rolled back: its ids are spent, its entries must not appear
      await inTransaction(database.db, async (tx) => {
        await appendAudit(tx, [entry({ actorId: `w${writer}`, details: { n } })]);
        if (failing) throw new Error("rolled back");
      }).catch(() => undefined);
    }
  });
  const pools = Array.from({ length: 4 }, () =>
    openDatabase({ url: database.url, poolSize: 1, statementTimeoutMs: 60_000 }),
  );
  const sequencers = pools.map(async (db) => {
    const sequencer = createSequencer({ db, vault });
    while (writing) await sequencer.runRound();
  });
  await Promise.all(writers);
  writing = false;
  await Promise.all(sequencers);
  await chainAll();
  await Promise.all(pools.map((db) => db.end()));
  const chain = await readChain();
  expect(chain).toHaveLength(8 * 32);
  expect(chain.every(({ seq, whole }, index) => whole && seq === index)).toBe(true);
});

test("ASVS 16.4.2: entries cannot be changed, deleted, truncated, nor taken from the waiting rows", async () => {
  const { db } = database;
  await write(entry());
  await expect(db`DELETE FROM audit.pending`).rejects.toThrow("only the sequencer");
  await expect(db`UPDATE audit.pending SET entries = '[]'`).rejects.toThrow("only the sequencer");
  await expect(db`TRUNCATE audit.pending`).rejects.toThrow("only the sequencer");
  await chainAll();
  await expect(db`UPDATE audit.entries SET body = '{}'`).rejects.toThrow("append-only");
  await expect(db`DELETE FROM audit.entries`).rejects.toThrow("append-only");
  await expect(db`TRUNCATE audit.entries`).rejects.toThrow("append-only");
  await expect(db`DELETE FROM audit.entries_00000`).rejects.toThrow("append-only");
  await expect(db`TRUNCATE audit.entries_00000`).rejects.toThrow("append-only");
});

test("a row that was removed before it was chained is missed, and the chain says so", async () => {
  const { db } = database;
  const writer = createNumberedWriter();
  const writeNumbered = () => writer.write((append) => inTransaction(db, (tx) => append(tx, [entry()])));
  await writeNumbered();
  await chainAll();
  await writeNumbered();
  await writeNumbered();
  await db.unsafe(
    "ALTER TABLE audit.pending DISABLE TRIGGER ALL; DELETE FROM audit.pending WHERE number = 2",
  );
  await chainAll();
  const chain = await readChain();
  expect(chain.map(({ body }) => JSON.parse(body))).toMatchObject([
    { event: "thing.do" },
    { event: "thing.do" },
    { event: "audit_rows_missing", details: { from: "2", to: "2" } },
  ]);
});

test("a transaction that failed, for sure or perhaps, is not taken for a missing row", async () => {
  const writer = createNumberedWriter();
  const append = (fail: boolean) =>
    writer.write((append) =>
      inTransaction(database.db, async (tx) => {
        await append(tx, [entry()]);
        if (fail) throw new Error("rolled back");
      }),
    );
  await append(false);
  await expect(append(true)).rejects.toThrow("rolled back");
  await append(false);
  await append(false);
  await chainAll();
  const events = (await readChain()).map(({ body }) => JSON.parse(body).event);
  expect(events).toEqual(["thing.do", "thing.do", "thing.do"]);
});

test("personal values are not in the chain; one person's can be forgotten while the chain stays whole", async () => {
  const { db } = database;
  await write(
    entry({
      event: "user.register",
      resource: { type: "user", id: "u1" },
      personal: { email: "ada@example.org" },
    }),
    entry({ actorId: "bob", origin: { requestId: "r-2", ip: "192.0.2.8", userAgent: "curl" } }),
  );
  await chainAll();
  const kept = () => db`SELECT subject_id, name FROM audit.personal_values ORDER BY 1, 2`;
  expect(await kept()).toEqual([
    { subject_id: "ada", name: "ip" },
    { subject_id: "bob", name: "ip" },
    { subject_id: "bob", name: "user_agent" },
    { subject_id: "u1", name: "email" },
  ]);
  const dump = JSON.stringify([
    await db`SELECT body FROM audit.entries`,
    await db`SELECT sealed FROM audit.personal_values`,
  ]);
  expect(dump).not.toMatch(/example\.org|192\.0\.2|curl/);

  // A value that still waits for the sequencer is forgotten with the rest.
  await write(entry({ personal: { email: "ada@work.example" }, resource: { type: "user", id: "u1" } }));
  const who = { actorId: "root", actorKind: "user", origin: { requestId: "r-3" } };
  expect(await eraseSubject(db, { subjectId: "u1", ...who })).toBe(1);
  await chainAll();
  expect((await kept()).map((row) => row["subject_id"])).not.toContain("u1");
  const chain = await readChain();
  expect(chain.map(({ whole }) => whole)).toEqual([true, true, true, true]);
  expect(JSON.parse(chain[3]?.body ?? "")).toMatchObject({
    event: "privacy_subject_erased",
    actor_id: "root",
  });

  // What is written after it is kept again, under a new salt.
  await write(entry({ personal: { email: "ada@example.org" }, resource: { type: "user", id: "u1" } }));
  await chainAll();
  expect((await kept()).map((row) => row["subject_id"])).toContain("u1");
  const last = (await readChain()).map(({ body }) => JSON.parse(body));
  expect(last.at(-1).personal.email).not.toBe(last[0].personal.email);
});

test("one person's address is stored once, however many entries hold it", async () => {
  const sequencer = createSequencer({ db: database.db, vault });
  for (let round = 0; round < 3; round += 1) {
    await write(entry(), entry());
    await chainAll(sequencer);
  }
  expect(await database.db`SELECT FROM audit.personal_values`).toHaveLength(1);
});
