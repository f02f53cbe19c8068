import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  makeCheckpoints,
  openSigners,
  verifyReceipt,
  verifyTrail,
  writeReceipt,
} from "../../../src/modules/audit/index.ts";
import { openTransferSource } from "../../../src/modules/ledger/index.ts";
import { startTestApp, type TestApp } from "../../app.ts";
import { bridge, climb, leafHash, openCheckpoint } from "../../outsider.ts";

const SIGNING_KEY = Buffer.alloc(32, 3).toString("base64");
const published = mkdtempSync(join(tmpdir(), "countinghouse-checkpoints-"));
const signers = openSigners({ signingKey: SIGNING_KEY, dataDir: "/nowhere", logName: "countinghouse.local" });

let app: TestApp;
let token: string;
let accountId: string;
beforeAll(async () => {
  app = await startTestApp({ AUDIT_SIGNING_KEY: SIGNING_KEY, AUDIT_CHECKPOINT_SECONDS: "86400" });
  token = await app.token("admin");
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  accountId = opened.body.id;
});
afterAll(async () => {
  await app?.stop();
  rmSync(published, { recursive: true, force: true });
});

async function deposit(count: number): Promise<string[]> {
  const transaction = { type: "deposit", account_id: accountId, amount: "1.00", currency: "EUR" };
  const body = { mode: "independent", transactions: Array.from({ length: count }, () => transaction) };
  const posted = await app.call("POST", "/api/v1/transactions/batch", { token, body });
  return posted.body.results.map((result: { transaction: { id: string } }) => result.transaction.id);
}

async function checkpoint() {
  for (let waiting = 1; waiting > 0; ) {
    const [row] = await app.db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.pending`;
    waiting = row.count;
  }
  const source = openTransferSource(app.db);
  return makeCheckpoints({ db: app.db, source, signers, directory: published });
}

const readCheckpoint = async (log: string, size?: number) => {
  const query = size === undefined ? `log=${log}` : `log=${log}&size=${size}`;
  const note = (await app.call("GET", `/api/v1/audit/checkpoint?${query}`)).body;
  const key = (await app.call("GET", `/api/v1/audit/key?log=${log}`)).body;
  return openCheckpoint(note, key);
};
const decode = (path: string[]) => path.map((hash) => Buffer.from(hash, "base64"));

test("anybody can check, with their own tools, that a transfer and an entry are in what was signed", async () => {
  const ids = await deposit(300); // more than one tile
  await checkpoint();
  const signed = await readCheckpoint("transfers");
  expect(signed).toMatchObject({ origin: "countinghouse.local/transfers", size: 300 });
  for (const id of [ids[0], ids[255], ids[256], ids[299]]) {
    const { body: proof } = await app.call("GET", `/api/v1/audit/transfers/${id}/proof`, { token });
    expect(JSON.parse(proof.leaf)).toMatchObject({
      id,
      amount: "100",
      asset: "EUR",
      scale: 2,
      kind: "DEPOSIT",
    });
    const place = { index: proof.index, size: signed.size };
    expect(climb(leafHash(proof.leaf), place, decode(proof.path)).equals(signed.root)).toBe(true);
  }
  const entries = await readCheckpoint("entries");
  for (let seq = 0; seq < entries.size; seq += 1) {
    const { body: proof } = await app.call("GET", `/api/v1/audit/entries/${seq}/proof`, { token });
    const place = { index: seq, size: entries.size };
    expect(climb(leafHash(proof.leaf), place, decode(proof.path)).equals(entries.root)).toBe(true);
  }
});

test("a later checkpoint keeps all that an earlier one had, and the proof says so", async () => {
  const sizes = [(await checkpoint()).transfers];
  for (const count of [1, 2, 40]) {
    await deposit(count);
    sizes.push((await checkpoint()).transfers);
  }
  for (const from of sizes)
    for (const to of sizes.filter((size) => size > from)) {
      const { body } = await app.call("GET", `/api/v1/audit/consistency?log=transfers&from=${from}&to=${to}`);
      const [before, after] = [
        await readCheckpoint("transfers", from),
        await readCheckpoint("transfers", to),
      ];
      const roots = bridge({ before: from, after: to }, decode(body.path), before.root);
      expect(roots.earlier.equals(before.root) && roots.later.equals(after.root)).toBe(true);
    }
});

test("transfers that commit out of the order of their ids still make one log that only grows", async () => {
  const rounds = Array.from({ length: 12 }, async () => {
    await deposit(3);
    await makeCheckpoints({ db: app.db, source: openTransferSource(app.db), signers, directory: undefined });
  });
  await Promise.all(rounds);
  await checkpoint();
  const { findings, transferCount } = await verifyTrail(app.db, {
    source: openTransferSource(app.db),
    directory: published,
  });
  expect(findings).toEqual([]);
  const [row] = await app.db<[{ count: number }]>`SELECT count(*)::int AS count FROM ledger.transfers`;
  expect(transferCount).toBe(row.count);
});

test("what is not there answers 404, and proofs and entries are for staff", async () => {
  const get = async (path: string, by?: string) =>
    (await app.call("GET", `/api/v1/audit${path}`, by === undefined ? {} : { token: by })).status;
  const customer = await app.token("customer", "ada");
  expect(await get("/transfers/5/proof", token)).toBe(404);
  expect(await get("/entries/99999/proof", token)).toBe(404);
  expect(await get("/checkpoint?size=7777")).toBe(404);
  expect(await get("/consistency?from=7777")).toBe(404);
  expect(await get("/checkpoint?log=other")).toBe(400);
  expect(await get("/transfers/5/proof", customer)).toBe(403);
  expect(await get("", customer)).toBe(403);
  expect(await get("", await app.token("operator"))).toBe(403);
  expect(await get("?from=yesterday", token)).toBe(400);
});

test("checkpoints are published as files that are never overwritten", async () => {
  const before = readdirSync(join(published, "transfers"));
  await deposit(1);
  const { transfers } = await checkpoint();
  expect(readdirSync(join(published, "transfers")).toSorted()).toEqual(
    [...before, String(transfers)].toSorted(),
  );
  const latest = readFileSync(join(published, "transfers", "checkpoint"), "utf8");
  expect(openCheckpoint(latest, signers.transfers.verifierKey).size).toBe(transfers);
});

test("a receipt holds without the database, and fails on every changed byte", async () => {
  const body = { type: "deposit", account_id: accountId, amount: "7.25", currency: "EUR" };
  const posted = await app.call("POST", "/api/v1/transactions", { token, body });
  await checkpoint();
  const { verifierKey } = signers.transfers;
  const text = await writeReceipt({ db: app.db, source: openTransferSource(app.db) }, Number(posted.body.id));
  const verdict = verifyReceipt(text, verifierKey);
  expect(verdict).toMatchObject({ valid: true, transactionId: posted.body.id, isKeyKnown: true });
  expect(verdict.valid && verdict.transfers).toMatchObject([{ amount: "725", credit_account_id: accountId }]);
  expect(verifyReceipt(text)).toMatchObject({ valid: true, isKeyKnown: false });
  expect(verifyReceipt(text, signers.entries.verifierKey)).toMatchObject({ valid: false });

  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 7));
    expect(verifyReceipt(changed.toString("latin1")).valid, `byte ${at}`).toBe(false);
    expect(verifyReceipt(changed.toString()).valid, `byte ${at}`).toBe(false);
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(3), (at, by, cut) => {
      const changed = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.of((bytes[at] ?? 0) ^ by),
        bytes.subarray(at + 1 + cut),
      ]);
      return !verifyReceipt(changed.toString()).valid;
    }),
    { numRuns: 2_000 },
  );
});

test("the trail is read by admins: filtered, page by page, and a person can be forgotten", async () => {
  const list = async (query: string) => (await app.call("GET", `/api/v1/audit?${query}`, { token })).body;
  const all = await list("limit=1000");
  const paged = [];
  for (let cursor = ""; ; ) {
    const page = await list(`limit=7${cursor}`);
    paged.push(...page.items);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(paged).toEqual(all.items);
  expect((await list("event=account.open")).items).toMatchObject([
    { event: "account.open", actor_id: "admin", resource: { id: accountId }, values: { ip: "127.0.0.1" } },
  ]);
  expect((await list("outcome=refused&actor_id=nobody")).items).toEqual([]);
  expect((await list(`resource_type=account&resource_id=${accountId}`)).items).toHaveLength(1);
  expect((await list("to=2020-01-01")).items).toEqual([]);

  const erased = await app.call("DELETE", "/api/v1/audit/subjects/admin", { token });
  expect(erased.body).toEqual({ subject_id: "admin", erased: 1 });
  expect((await list("event=account.open")).items).toMatchObject([{ values: { ip: null } }]);
  await checkpoint();
  const source = openTransferSource(app.db);
  expect((await verifyTrail(app.db, { source, directory: published })).findings).toEqual([]);
});
