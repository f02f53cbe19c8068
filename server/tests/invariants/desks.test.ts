import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyBook } from "../../src/modules/ledger/verify/verify-book.ts";
import type { Sql } from "../../src/runtime/database.ts";
import { shareInFile } from "../share-in-file.ts";
import { ADMIN, type Ground, readOutcome } from "./book-commands.ts";
import { openDesks, type Played, playAtOnce, playInTurn, submit } from "./desks.ts";
import { histories, SETTING } from "./histories.ts";

const RUNS = Number(process.env["DESK_PROPERTY_RUNS"] ?? 60);

const on = await shareInFile(openDesks(3));

describe("three desks on one database", () => {
  it("decide each item as a naive ledger does, whichever desk a batch comes to", async () => {
    await fc.assert(
      fc.asyncProperty(histories({ lengthMax: 30, keys: true }), async (steps) => {
        const played = await playInTurn(on, steps);
        expect(played.outcomes).toEqual(played.expected);
        await expectEnd(played);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it("decide at once what a naive ledger decides in the order of stamps", async () => {
    await fc.assert(
      fc.asyncProperty(histories({ lengthMax: 30, keys: true }), async (steps) => {
        const played = await playAtOnce(on, steps);
        expect(played.outcomes).toEqual(played.expected);
        await expectEnd(played);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it("change nothing when every key is sent again, to all of them at once", async () => {
    await fc.assert(
      fc.asyncProperty(histories({ lengthMax: 30, keys: true }), async (steps) => {
        const { ground, outcomes } = await playInTurn(on, steps);
        await touchAccounts(ground); // whoever comes first expires what is due: that is no effect of a key
        const before = await readEverything(on.db);
        const keyed = steps.filter(({ command }) => command.key !== undefined);
        const again = keyed.flatMap(({ command }) =>
          on.desks.map(async (_, desk) => {
            const answer = await submit(on, ground, { command, desk });
            expect(readOutcome(ground, command, answer)).toEqual(outcomes[command.number]);
          }),
        );
        await Promise.all(again);
        expect(await readEverything(on.db)).toEqual(before);
      }),
      { numRuns: Math.ceil(RUNS / 3), endOnFailure: true },
    );
  });

  it("decide in every way: ahead, anew where what was remembered had changed, and under locks", () => {
    const { ahead = 0, stale = 0, locks = 0 } = Object.fromEntries(on.decided);
    for (const count of [ahead, stale, locks]) expect(count).toBeGreaterThan(RUNS / 4);
  });

  it("leave a book that verifies from its first transfer", async () => {
    const { differences } = await verifyBook(on.db, { full: true, readOnly: true });
    expect(differences).toEqual([]);
  });
});

/** The accounts end as the model's do, and the sum over each asset is zero. */
async function expectEnd({ ground, model, end }: Played): Promise<void> {
  const rows = await on.db<{ id: bigint; posted: bigint; held: bigint; limit: bigint; due: bigint }[]>`
    SELECT id, credits_posted - debits_posted AS posted, debits_pending AS held, credit_limit AS limit,
           (SELECT coalesce(sum(amount - captured), 0)::bigint FROM ledger.holds h
            WHERE h.debit_account_id = a.id AND state = 1 AND expires_at <= ${end}) AS due
    FROM ledger.accounts a WHERE id = ANY(${[...ground.ids.values()].map(String)}::bigint[]) AND NOT system`;
  for (const name of Object.keys(SETTING.accounts)) {
    const row = rows.find(({ id }) => Number(id) === ground.ids.get(name));
    if (row === undefined) throw new Error(`${name} has no row`);
    // What is due but was not touched since still stands in the row, and sets nothing aside.
    const held = row.held - row.due;
    expect({ name, posted: row.posted, held, available: row.posted - held + row.limit }).toEqual({
      name,
      ...model.sumsOf(name, end),
    });
  }
  expect(await countTransfers(ground.startStamp)).toBe(model.transferCount());
  expect(await readImbalance(on.db)).toEqual([]);
}

async function touchAccounts({ ids }: Ground): Promise<void> {
  const scope = { accountIds: [...ids.values()], stampCount: 1 };
  await on.desks[0]?.submit({
    event: null,
    actor: ADMIN,
    scope,
    decide: () => ({ answer: "{}", counted: [] }),
  });
}

async function countTransfers(startStamp: number): Promise<number> {
  const [row] = await on.db<[{ count: number }]>`
    SELECT count(*)::int AS count FROM ledger.transfers WHERE id >= ${startStamp}`;
  return row.count;
}

async function readImbalance(db: Sql): Promise<readonly unknown[]> {
  return db`
    SELECT asset_id, sum(balance) AS balance FROM (
      SELECT asset_id, credits_posted::numeric - debits_posted AS balance FROM ledger.accounts
      UNION ALL
      SELECT a.asset_id, b.credits_posted - b.debits_posted FROM ledger.system_balances b JOIN ledger.accounts a ON a.id = b.account_id
    ) AS balances GROUP BY asset_id HAVING sum(balance) <> 0`;
}

/** Everything that a command could change, as one fingerprint for each table. */
async function readEverything(db: Sql): Promise<unknown> {
  const tables = [
    "accounts",
    "system_balances",
    "journals",
    "transfers",
    "holds",
    "captures",
    "refusals",
    "reversals",
  ];
  const names = [
    ...tables.map((name) => `ledger.${name}`),
    "jobs.outbox",
    "risk.flags",
    "runtime.idempotency_keys",
  ];
  return Promise.all(
    names.map(async (name) => [
      name,
      await db.unsafe(
        `SELECT count(*)::int AS rows, md5(string_agg(t::text, ',' ORDER BY t::text)) AS hash FROM ${name} t`,
      ),
    ]),
  );
}
