import { describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/database.ts";
import { type Scene, useFilledBook, verifyTelling } from "../../../../tests/small-book.ts";
import type { Sql } from "../../../runtime/database.ts";
import { type VerifyOptions, verifyBook } from "./verify-book.ts";

let db: Sql;
let scene: Scene;
useFilledBook((book) => {
  ({ db, scene } = book);
});

const verify = (options?: VerifyOptions) => verifyTelling(db, options);

it("finds nothing in a book with one of everything", async () => {
  const run = await verify();
  expect(run.differences).toEqual([]);
  expect(run).toMatchObject({ transferCount: 10, since: 0 });
  const [row] = await db`SELECT last_value::float8 AS last FROM ledger.stamps`;
  expect(run.verifiedUntil).toBe(row?.["last"]);
});

it("finds nothing in an empty book, and leaves no checkpoint there", async () => {
  const empty = await createTestDatabase();
  expect(await verifyBook(empty.db)).toEqual({
    differences: [],
    transferCount: 0,
    since: 0,
    verifiedUntil: undefined,
  });
  await empty.drop();
});

it("tells how far it is", async () => {
  const steps: string[] = [];
  await verify({ onProgress: (done, of) => steps.push(`${done}/${of}`) });
  expect(steps).toEqual(["1/4", "2/4", "3/4", "4/4"]);
});

describe("names what was tampered with:", () => {
  const FIRST = "(SELECT id FROM ledger.transfers ORDER BY id LIMIT 1)";
  const THIRD = "(SELECT id FROM ledger.transfers ORDER BY id OFFSET 2 LIMIT 1)"; // a to b, 30.00
  const LAST = "(SELECT max(id) FROM ledger.transfers)"; // a to c, 120.00
  const ACTIVE = "(SELECT min(id) FROM ledger.holds WHERE state = 1)";
  const CAPTURED = "(SELECT id FROM ledger.holds WHERE state = 2)";
  const SECOND_OF_THREE = "(SELECT id + 1 FROM ledger.transfers WHERE transfer_count = 3)";
  const UNCHECKED = "ALTER TABLE ledger.transfers DROP CONSTRAINT transfers_first_has_journal";
  const A = "(SELECT min(id) FROM ledger.accounts WHERE NOT system)";
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "a transfer's amount",
      `UPDATE ledger.transfers SET amount = amount + 1 WHERE id = ${THIRD}`,
      "running_balance",
      /first differs at transfer (\d+): its transfers add up to 69.99 EUR, it notes 70.00 EUR/,
    ],
    [
      "a deleted transfer of several",
      `DELETE FROM ledger.transfers WHERE id = ${SECOND_OF_THREE}`,
      "journals",
      /says that it has 3 transfers, and 2 are there/,
    ],
    [
      "the deleted first transfer of several, and with it their journal",
      `DELETE FROM ledger.transfers WHERE transfer_count = 3`,
      "transfers",
      /has no place in journal/,
    ],
    [
      "what follows a deleted transfer",
      `DELETE FROM ledger.transfers WHERE id = ${THIRD}`,
      "running_balance",
      /first differs at transfer/,
    ],
    [
      "a deleted last transfer",
      `DELETE FROM ledger.transfers WHERE id = ${LAST}`,
      "account_sums",
      /its transfers add up to/,
    ],
    [
      "a balance noted on a transfer",
      `UPDATE ledger.transfers SET debit_after = debit_after - 1 WHERE id = ${LAST}`,
      "running_balance",
      /add up to -27.75 EUR, it notes -27.76 EUR/,
    ],
    [
      "a first balance noted",
      `UPDATE ledger.transfers SET credit_after = 1 WHERE id = ${FIRST}`,
      "running_balance",
      /add up to 100.00 EUR, it notes 0.01 EUR/,
    ],
    [
      "a balance noted beyond all bounds",
      `UPDATE ledger.transfers SET debit_after = -9223372036854775807 WHERE id = ${THIRD}`,
      "running_balance",
      /it notes -92233720368547758.07 EUR/,
    ],
    [
      "a last stamp",
      `UPDATE ledger.accounts SET last_stamp = 1 WHERE id = ${A}`,
      "last_stamp",
      /the last stamp of account (\d+) lies before its transfer/,
    ],
    [
      "a balance no longer noted",
      `UPDATE ledger.transfers SET credit_after = NULL WHERE id = ${LAST}`,
      "running_balance",
      /it notes no balance/,
    ],
    [
      "a balance noted for a system account",
      `UPDATE ledger.transfers SET debit_after = 0 WHERE id = ${FIRST}`,
      "running_balance",
      /it notes 0.00 EUR/,
    ],
    [
      "a transfer's payee",
      `UPDATE ledger.transfers SET credit_account_id = ${A} + 2 WHERE id = ${THIRD}`,
      "running_balance",
      /first differs at transfer/,
    ],
    [
      "an account's sums",
      `UPDATE ledger.accounts SET credits_posted = credits_posted + 1, debits_posted = debits_posted + 1 WHERE id = ${A}`,
      "account_sums",
      /the sums of account \d+ differ/,
    ],
    [
      "an account's money",
      `UPDATE ledger.accounts SET credits_posted = credits_posted + 100 WHERE id = ${A}`,
      "zero_sum",
      /all accounts of EUR add up to 1.00 instead of 0.00/,
    ],
    [
      "a stripe",
      "UPDATE ledger.system_balances SET debits_posted = debits_posted + 1",
      "account_sums",
      /the sums of account \d+ differ/,
    ],
    ["a deleted stripe", "DELETE FROM ledger.system_balances", "account_sums", /it says 0.00 EUR out/],
    [
      "a deleted account",
      `DELETE FROM ledger.accounts WHERE id = ${A}`,
      "account_sums",
      /does not exist, and transfers name it/,
    ],
    [
      "an account's asset",
      `UPDATE ledger.accounts SET asset_id = 1 WHERE id = ${A}`,
      "transfers",
      /not two accounts of one asset/,
    ],
    [
      "what an account holds",
      `UPDATE ledger.accounts SET debits_pending = debits_pending + 1 WHERE id = ${A}`,
      "held",
      /holds 20.01 EUR, its active holds add up to 20.00 EUR/,
    ],
    [
      "when an account looks for expired holds",
      `UPDATE ledger.accounts SET next_expiry = NULL WHERE id = ${A}`,
      "held",
      /expires before the account knows of it/,
    ],
    [
      "a deleted hold",
      `DELETE FROM ledger.holds WHERE id = ${ACTIVE}`,
      "held",
      /its active holds add up to 10.00 EUR/,
    ],
    [
      "the deleted hold of a capture",
      `DELETE FROM ledger.holds WHERE id = ${CAPTURED}`,
      "transfers",
      /nor is it the capture of hold/,
    ],
    [
      "a transfer that has the id of a hold",
      `${UNCHECKED}; UPDATE ledger.transfers SET id = ${CAPTURED} WHERE id = ${THIRD}`,
      "holds",
      /does not agree with its journal, its accounts or its capture/,
    ],
    [
      "a hold ended by hand",
      `UPDATE ledger.holds SET state = 3, closed_at = id + 1 WHERE id = ${ACTIVE}`,
      "held",
      /its active holds add up to/,
    ],
    [
      "the amount captured of a hold",
      `UPDATE ledger.holds SET captured = captured + 1 WHERE id = ${CAPTURED}`,
      "holds",
      /does not agree with its journal, its accounts or its capture/,
    ],
    [
      "the capture of a hold",
      `UPDATE ledger.holds SET closed_at = closed_at + 1 WHERE id = ${CAPTURED}`,
      "transfers",
      /nor is it the capture of hold/,
    ],
    [
      "a deleted journal",
      `${UNCHECKED}; UPDATE ledger.transfers SET transfer_count = NULL, kind = NULL, actor_id = NULL WHERE id = ${THIRD}`,
      "transfers",
      /has no place in journal/,
    ],
    [
      "a journal's number of transfers",
      "UPDATE ledger.transfers SET transfer_count = 2 WHERE transfer_count = 3",
      "transfers",
      /has no place in journal/,
    ],
    [
      "a journal's number of transfers, with a place too many",
      "UPDATE ledger.transfers SET transfer_count = 4 WHERE transfer_count = 3",
      "journals",
      /says that it has 4 transfers, and 3 are there/,
    ],
    [
      "a transfer's journal",
      `${UNCHECKED}; UPDATE ledger.transfers SET journal_id = ${FIRST} WHERE id = ${THIRD}`,
      "journals",
      /says that it has 1 transfers, and 0 are there/,
    ],
    [
      "a journal noted on a transfer that is not its first",
      `${UNCHECKED}; UPDATE ledger.transfers SET transfer_count = 1, kind = 3, actor_id = 'x' WHERE id = ${SECOND_OF_THREE}`,
      "journals",
      /says that it has 1 transfers, and 0 are there/,
    ],
    [
      "what a journal reverses",
      `UPDATE ledger.reversals SET reversed_id = ${FIRST}`,
      "reversals",
      /is not the same amounts the other way round/,
    ],
    [
      "that a journal was a reversal",
      "DELETE FROM ledger.reversals",
      "reversals",
      /was written as a reversal/,
    ],
    [
      "an account below its limit",
      `ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_not_overdrawn; UPDATE ledger.accounts SET credit_limit = 1 WHERE id = ${A}`,
      "rules",
      /has less than nothing available/,
    ],
    [
      "an account that once was below its limit",
      `ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_not_overdrawn; UPDATE ledger.accounts SET credit_limit = 1 WHERE id = ${A}`,
      "credit_limit",
      /below every credit limit it ever had/,
    ],
    [
      "a closed account with money",
      `ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_closed_empty; UPDATE ledger.accounts SET state = 3 WHERE id = ${A}`,
      "rules",
      /is closed and not empty/,
    ],
  ];

  it.each(cases)("%s", async (...tampered) => {
    const [, tampering, check, what] = tampered;
    await db.unsafe(tampering);
    const { differences, verifiedUntil } = await verify();
    const named = differences
      .filter((difference) => difference.check === check)
      .map((difference) => difference.what);
    expect(named, JSON.stringify(differences)).toContainEqual(expect.stringMatching(what));
    expect(verifiedUntil).toBeUndefined();
  });

  it("a transfer booked past the journals, with all balances, sums and last stamps put right", async () => {
    const { a, c } = scene;
    const [last] = await db`SELECT max(id) + 1 AS id FROM ledger.transfers`;
    await db.unsafe(`
      ${UNCHECKED};
      INSERT INTO ledger.transfers SELECT ${last?.["id"]}, ${last?.["id"]}, ${c}, ${a}, 100, cc.credits_posted - cc.debits_posted - 100, ca.credits_posted - ca.debits_posted + 100
        FROM ledger.accounts ca, ledger.accounts cc WHERE ca.id = ${a} AND cc.id = ${c};
      UPDATE ledger.accounts SET debits_posted = debits_posted + 100 WHERE id = ${c};
      UPDATE ledger.accounts SET credits_posted = credits_posted + 100 WHERE id = ${a};
      UPDATE ledger.accounts SET last_stamp = ${last?.["id"]} WHERE id IN (${a}, ${c})`);
    const { differences } = await verify();
    expect(differences).toEqual([
      expect.objectContaining({ check: "transfers", transferId: Number(last?.["id"]) }),
    ]);
  });

  it("a transfer that went below the limit of its time, though the limit is higher now", async () => {
    const { a } = scene;
    const [last] = await db`SELECT max(id) + 1 AS id FROM ledger.transfers`;
    await db`INSERT INTO ledger.account_changes VALUES (${last?.["id"]}, ${a}, 'test', 0, 10000, 1, 1)`;
    const { differences } = await verify();
    expect(differences).toEqual([
      expect.objectContaining({
        check: "credit_limit",
        accountId: a,
        expected: "at least 0.00 EUR",
        stored: "-27.75 EUR",
      }),
    ]);
  });

  it("the first difference first", async () => {
    await db.unsafe(`UPDATE ledger.transfers SET credit_after = 0 WHERE id IN (${LAST}, ${THIRD})`);
    const [third] = await db.unsafe(`SELECT ${THIRD}::float8 AS id`);
    expect((await verify()).differences[0]?.transferId).toBe(third?.["id"]);
  });
});
