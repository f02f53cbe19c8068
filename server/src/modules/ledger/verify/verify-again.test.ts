import { describe, expect, it } from "vitest";
import {
  commit,
  decideIn,
  header,
  post,
  type Scene,
  useFilledBook,
  verifyTelling,
} from "../../../../tests/small-book.ts";
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, inTransaction } from "../../../runtime/transaction.ts";
import { loadAssets } from "../accounts/assets.ts";
import { type Book, captureHold, postJournal, releaseHold } from "../book/book.ts";
import { lockVerification } from "./verification-store.ts";
import type { VerifyOptions } from "./verify-book.ts";

let db: Sql;
let scene: Scene;
useFilledBook((book) => {
  ({ db, scene } = book);
});

const verify = (options?: VerifyOptions) => verifyTelling(db, options);

describe("a run after a clean one", () => {
  const OLD = "(SELECT min(id) FROM ledger.transfers)";

  it("reads only what came after it", async () => {
    const first = await verify();
    const { a, b } = scene;
    await post(db, [[b, a, 10n]]);
    const second = await verify();
    expect(second).toMatchObject({ differences: [], transferCount: 1, since: first.verifiedUntil });
    expect(await verify()).toMatchObject({ differences: [], transferCount: 0, since: second.verifiedUntil });
    expect(await verify({ full: true })).toMatchObject({ differences: [], transferCount: 11, since: 0 });
  });

  it("follows holds that were active then", async () => {
    await verify();
    const { a, b } = scene;
    const rows = await db`SELECT id::float8 AS id FROM ledger.holds WHERE state = 1 ORDER BY id`;
    const [captured = 0, released = 0] = rows.map((row) => Number(row["id"]));
    const accountIds = [a, b];
    await commit(db, { accountIds, holdIds: [captured] }, (book) => captureHold(book, { holdId: captured }));
    await commit(db, { accountIds, holdIds: [released] }, (book) => releaseHold(book, released));
    expect(await verify({ readOnly: true })).toMatchObject({ differences: [], transferCount: 1 });
    await db`UPDATE ledger.holds SET captured = 1 WHERE id = ${captured}`;
    expect((await verify()).differences).toContainEqual(
      expect.objectContaining({ check: "holds", holdId: captured }),
    );
  });

  it("finds tampering with what is new, and with what accounts and holds say now", async () => {
    await verify();
    const { a, b } = scene;
    const id = await post(db, [[b, a, 10n]]);
    await db`UPDATE ledger.transfers SET debit_after = debit_after + 1 WHERE id = ${id}`;
    expect((await verify()).differences[0]).toMatchObject({
      check: "running_balance",
      accountId: b,
      transferId: id,
    });
    await db`UPDATE ledger.transfers SET debit_after = debit_after - 1 WHERE id = ${id}`;
    await db`UPDATE ledger.accounts SET credits_posted = credits_posted + 1 WHERE id = ${scene.c}`;
    expect((await verify()).checks).toEqual(new Set(["account_sums", "zero_sum"]));
  });

  it("leaves tampering with what was verified to a full run, which withdraws the checkpoint", async () => {
    await verify();
    await db.unsafe(`UPDATE ledger.transfers SET credit_after = credit_after + 1 WHERE id = ${OLD}`);
    expect((await verify()).differences).toEqual([]);
    expect((await verify({ full: true })).checks).toContain("running_balance");
    expect(await verify()).toMatchObject({ since: 0, differences: [{}] });
  });

  it("leaves no trace and no checkpoint where it may only read", async () => {
    await verify({ readOnly: true });
    expect(await db`SELECT FROM ledger.verifications`).toHaveLength(0);
    await verify();
    await db.unsafe(`UPDATE ledger.transfers SET credit_after = credit_after + 1 WHERE id = ${OLD}`);
    expect((await verify({ full: true, readOnly: true })).checks).toContain("running_balance");
    expect(await db`SELECT FROM ledger.verifications`).toHaveLength(1);
  });
});

describe("while servers write", () => {
  it("waits for a batch that has its stamps, so that no checkpoint can pass it", async () => {
    const { a, b } = scene;
    const assets = await loadAssets(db);
    const transfer = { debitAccountId: b, creditAccountId: a, amount: 10n };
    let running: ReturnType<typeof verify> | undefined;
    await inTransaction(db, async (tx) => {
      const decide = (book: Book) => postJournal(book, { ...header, transfers: [transfer] });
      await decideIn(tx, assets, { scope: { accountIds: [a, b] }, decide });
      running = verify();
      await waitUntilAsked(db);
    });
    expect(await running).toMatchObject({ differences: [], transferCount: 11 });
    expect(await verify()).toMatchObject({ differences: [], transferCount: 0 });
  });

  it("finds nothing in what changes meanwhile, and misses nothing from run to run", async () => {
    const { a, b, c } = scene;
    let isWriting = true;
    const counts: number[] = [];
    const verifying = (async () => {
      while (isWriting) {
        const { differences, transferCount, verifiedUntil } = await verify();
        expect(differences).toEqual([]);
        if (verifiedUntil !== undefined) counts.push(transferCount);
      }
    })();
    for (let round = 0; round < 60; round += 1) {
      await Promise.all([
        post(db, [[scene.world, a, 20n]]),
        post(db, [
          [a, c, 10n],
          [c, b, 5n],
        ]),
      ]);
    }
    isWriting = false;
    await verifying;
    expect(counts.length).toBeGreaterThan(1);
    expect(await verify({ full: true })).toMatchObject({ differences: [], transferCount: 10 + 180 });
  });

  it("refuses a second verification at the same time", async () => {
    await inReadTransaction(db, async (tx) => {
      await lockVerification(tx);
      await expect(verify()).rejects.toMatchObject({ kind: "conflict", code: "verification_running" });
    });
  });
});

/** Until the verification has looked at the locks once: its connection has run that statement. */
async function waitUntilAsked(sql: Sql): Promise<void> {
  for (;;) {
    const rows = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%virtualtransaction AS id FROM pg_locks%'`;
    if (rows.length > 0) return;
  }
}
