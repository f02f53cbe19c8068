import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  buildPostCommand,
  type TransactionRequest,
} from "../../src/modules/banking/transactions/post-transactions.ts";
import type { RowReader } from "../../src/modules/desk/index.ts";
import { changeAccount } from "../../src/modules/ledger/accounts/change-account.ts";
import { getBalance, isRefusal, placeHold, settle, verifyBook } from "../../src/modules/ledger/index.ts";
import { openDatabase } from "../../src/runtime/database.ts";
import { inTransaction } from "../../src/runtime/transaction.ts";
import { asOwner } from "../database.ts";
import { customer, euroOf, keyed, openTestDesk, STAFF, type TestDesk } from "../desk.ts";

const RULES = [{ rule: "many_in_short_time", count: 3, seconds: 600, block: true }] as const;
const ANA = customer("ana");

// Two desks on one database: two processes, as far as the book can tell. Each test warms what it wants to be remembered.
let first: TestDesk;
let second: TestDesk;
beforeAll(async () => {
  first = await openTestDesk();
  second = await openTestDesk({ databaseUrl: first.databaseUrl });
});
afterAll(async () => {
  await second.close();
  await first.close();
});
beforeEach(() => {
  first.decided.length = 0;
  second.decided.length = 0;
});
afterEach(async () => {
  const { differences } = await verifyBook(first.db, { full: true, readOnly: true });
  expect(differences).toEqual([]);
});

function build(on: TestDesk, request: Omit<TransactionRequest, "asset">, key?: string) {
  const asset = euroOf(on);
  const { assets, risk } = on;
  const keyOf = key === undefined ? {} : { key: keyed(STAFF, key, String(request.amount)) };
  return buildPostCommand({ actor: STAFF, assets, risk, ...keyOf }, { ...request, asset });
}
const deposit = (on: TestDesk, accountId: number, amount: bigint) =>
  on.carryOut(build(on, { type: "deposit", accountId, amount }));
const withdraw = (on: TestDesk, accountId: number, amount: bigint) =>
  on.carryOut(build(on, { type: "withdrawal", accountId, amount }));

/** An account that the desk remembers, with stamps taken ahead for the next batch: which is decided so, unless a second goes by. */
const openWarm = (on: TestDesk, balance: bigint) => on.openAccount({ owner: "ana", balance });

it("decides a batch ahead in one round trip where it remembers the accounts, and asks for those that it does not", async () => {
  const known = await openWarm(first, 100n);
  for (let paid = 0n; paid < 9n; paid += 1n) await withdraw(first, known, 1n);
  for (let turn = 0; turn < 9; turn += 1) {
    const unknown = await first.openAccount({ owner: "ben" });
    const move = { type: "transfer", accountId: known, toAccountId: unknown, amount: 9n } as const;
    expect(await first.carryOut(build(first, move))).toMatchObject({
      balances: [{ account_id: String(known) }, { account_id: String(unknown), balance: "0.09" }],
    });
  }
  expect(await first.balanceOf(known)).toMatchObject({ balance: 10n });
  expect(first.decided.filter((way) => way === "ahead").length).toBeGreaterThan(9);
});

it("asks nothing of an account that has not paid in the time that a rule looks back to, and reads again where another process changed it", async () => {
  const id = await openWarm(first, 100n);
  const asked: number[][] = [];
  const LATELY: RowReader<number[]> = {
    kind: "risk.recent_debits",
    ofAccount: {
      none: [],
      isNone: (lastDebitedAt, now) => lastDebitedAt < now - 600_000_000,
      follow: (stamps, booked) => [...stamps, ...booked.debits],
    },
    read: async ({ sql }, ids) => {
      asked.push([...ids]);
      const rows = await sql<{ id: bigint }[]>`
        SELECT id FROM ledger.transfers WHERE debit_account_id = ${ids[0] ?? 0} ORDER BY id`;
      return new Map(ids.map((account) => [account, rows.map((row) => Number(row.id))]));
    },
  };
  const withdrawCounting = async () => {
    const command = build(first, { type: "withdrawal", accountId: id, amount: 1n });
    let count = -1;
    await first.carryOut({
      ...command,
      needs: [...(command.needs ?? []), { reader: LATELY, ids: [id] }],
      decide: (desk) => {
        count = desk.rows.of(LATELY).get(id)?.length ?? -1;
        return command.decide(desk);
      },
    });
    return count;
  };
  expect(await withdrawCounting()).toBe(0);
  expect(await withdrawCounting()).toBe(1);
  expect(asked).toEqual([]);
  await withdraw(second, id, 1n);
  expect(await withdrawCounting()).toBe(3);
  expect(asked.length).toBeGreaterThan(0);
});

describe("after a pause, when the stamps that were taken ahead are too old", () => {
  let rested: TestDesk;
  let clockMs = 0;
  beforeAll(async () => {
    rested = await openTestDesk({ databaseUrl: first.databaseUrl, clock: () => clockMs });
  });
  afterAll(() => rested.close());

  /** Waits on the database's clock, and lets the desk's own go on by as much, or by less or more. */
  const pause = async (deskMs: number) => {
    await rested.db`SELECT pg_sleep(0.2)`;
    clockMs += deskMs;
    rested.decided.length = 0;
  };
  const lastOf = async (id: number) => {
    const [row] =
      await rested.db`SELECT max(id)::float8 AS id FROM ledger.transfers WHERE debit_account_id = ${id}`;
    return Number(row?.["id"]);
  };

  it("a lone command chooses its own by the clock, claims them, and is decided ahead; the next one has what is left", async () => {
    const id = await openWarm(rested, 100n);
    await pause(150);
    await withdraw(rested, id, 1n);
    const chosen = await lastOf(id);
    await withdraw(rested, id, 1n);
    expect(rested.decided).toEqual(["ahead", "ahead"]);
    const [row] =
      await rested.db`SELECT last_value::float8 AS last, ledger.clock()::float8 AS clock FROM ledger.stamps`;
    expect(await lastOf(id)).toBeGreaterThan(chosen);
    expect(Number(row?.["last"])).toBeGreaterThanOrEqual(await lastOf(id));
    expect(Number(row?.["clock"]) - chosen).toBeLessThan(10_000_000);
  });

  it("it is decided under locks where its clock runs ahead, others took later ones, or a moment was made final", async () => {
    const id = await openWarm(rested, 100n);
    await pause(60_000);
    await withdraw(rested, id, 1n);
    expect(rested.decided).toEqual(["stale", "locks"]);
    await pause(100);
    await rested.db`SELECT ledger.take_stamps(1)`;
    await withdraw(rested, id, 1n);
    expect(rested.decided).toEqual(["stale", "locks"]);
    await pause(150);
    await settle(rested.db);
    await withdraw(rested, id, 1n);
    expect(rested.decided).toEqual(["stale", "locks"]);
    expect(await rested.balanceOf(id)).toMatchObject({ balance: 97n });
  });
});

it("pays out what another process has paid in, and refuses what another has taken, whatever it remembers", async () => {
  const id = await openWarm(first, 100n);
  await withdraw(second, id, 100n);
  await expect(withdraw(first, id, 1n)).rejects.toMatchObject({ code: "insufficient_funds" });
  expect(first.decided.at(-1)).toBe("locks");
  await deposit(second, id, 50n);
  await expect(withdraw(first, id, 50n)).resolves.toMatchObject({ status: "COMPLETED" });
  expect(await first.balanceOf(id)).toMatchObject({ balance: 0n });
});

it("keeps to a limit and a state that were changed beside the desk", async () => {
  const id = await openWarm(first, 10n);
  const change = (request: object) =>
    inTransaction(first.db, (tx) =>
      changeAccount(tx, id, { request: { actorId: "admin", ...request }, check: () => undefined }),
    );
  await change({ creditLimit: 40n });
  await expect(withdraw(first, id, 50n)).resolves.toMatchObject({ status: "COMPLETED" });
  await deposit(first, id, 50n);
  await change({ state: "frozen" });
  await expect(withdraw(first, id, 1n)).rejects.toMatchObject({ code: "account_frozen" });
});

it("writes a key once that comes to both processes at once, twelve times, and once more after the epoch's change", async () => {
  const [a, b] = [await openWarm(first, 1_000n), await openWarm(second, 1_000n)];
  for (let round = 0; round < 10; round += 1) {
    await deposit(first, a, 1n);
    await deposit(second, b, 1n);
    const both = Array.from({ length: 12 }, (_, index) => {
      const on = index % 2 === 0 ? first : second;
      return on.carryOut(
        build(on, { type: "transfer", accountId: a, toAccountId: b, amount: 1n }, `once-${round}`),
      );
    });
    const ids = (await Promise.all(both)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
  }
  const before = await first.balanceOf(a);
  const owner = openDatabase({ url: asOwner(first.databaseUrl), poolSize: 1, statementTimeoutMs: 60_000 });
  await owner`SELECT runtime.begin_idempotency_epoch()`;
  await owner.end();
  await deposit(first, a, 1n);
  await deposit(first, a, 1n);
  const again = await first.carryOut(
    build(first, { type: "transfer", accountId: a, toAccountId: b, amount: 1n }, "once-3"),
  );
  expect(first.decided.at(-1)).toBe("locks");
  expect(again.amount).toBe("0.01");
  expect(await first.balanceOf(a)).toMatchObject({ balance: before.balance + 2n });
});

it("answers a repeat within the batch, and one of a batch decided the other way, with the same words", async () => {
  const id = await openWarm(first, 100n);
  const pay = (on: TestDesk, amount: bigint) =>
    on.carryOut(build(on, { type: "withdrawal", accountId: id, amount }, "within"));
  const answers = await Promise.all([1, 2, 3].map(() => pay(first, 7n)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await pay(second, 7n)).toEqual(answers[0]);
  await expect(pay(first, 8n)).rejects.toMatchObject({ code: "idempotency_key_reused" });
  expect(await first.balanceOf(id)).toMatchObject({ balance: 93n });
});

it("books nothing at or before a moment that was made final, though its stamps were taken before", async () => {
  const id = await openWarm(first, 100n);
  const settled = await settle(first.db);
  const posted = await deposit(first, id, 1n);
  expect(first.decided.at(-1)).toBe("locks");
  expect(Number(posted.id)).toBeGreaterThan(settled ?? 0);
  await deposit(first, id, 1n);
  const at = Number((await deposit(first, id, 1n)).id);
  const then = await getBalance(first.db, id, { at });
  await deposit(first, id, 1n);
  expect(await getBalance(first.db, id, { at })).toEqual(then);
});

it("uses no stamps that were taken a while ago: an id is a time", async () => {
  let ms = 0;
  const slow = await openTestDesk({ databaseUrl: first.databaseUrl, clock: () => ms });
  const id = await openWarm(slow, 100n);
  ms += 51;
  const before = await first.db<[{ now: bigint }]>`SELECT ledger.clock() AS now`;
  const posted = await deposit(slow, id, 1n);
  expect(slow.decided.at(-1)).toBe("locks");
  expect(Number(posted.id)).toBeGreaterThan(Number(before[0].now));
  await slow.close();
});

it("tries ahead ever more seldom where others change the same accounts all the time, and again once they do not", async () => {
  const patient = await openTestDesk({ databaseUrl: first.databaseUrl, isPersistent: false });
  const id = await openWarm(patient, 1_000n);
  const before = patient.decided.length;
  for (let turn = 0; turn < 60; turn += 1) {
    await first.db`UPDATE ledger.accounts SET version = version + 1 WHERE id = ${id}`;
    await deposit(patient, id, 1n);
  }
  const waysThen = patient.decided.slice(before);
  expect(waysThen.filter((way) => way === "stale").length).toBeLessThan(7);
  for (let turn = 0; turn < 64 && patient.decided.at(-1) !== "ahead"; turn += 1)
    await deposit(patient, id, 1n);
  expect(patient.decided.at(-1)).toBe("ahead");
  await patient.close();
});

it("keeps the order of ids for each account, however two processes take turns", async () => {
  const id = await openWarm(first, 100n);
  await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      deposit(index % 3 === 0 ? second : first, id, BigInt(index + 1)),
    ),
  );
  const rows = await first.db<{ id: bigint; credit_after: bigint; amount: bigint }[]>`
    SELECT id, credit_after, amount FROM ledger.transfers WHERE credit_account_id = ${id} ORDER BY id`;
  let balance = 0n;
  for (const row of rows) {
    balance += row.amount;
    expect(row.credit_after).toBe(balance);
  }
});

it("knows of a hold in an account's favor, and of a refusal, that later ids lie behind", async () => {
  const locking = await openTestDesk({ databaseUrl: first.databaseUrl, knownMax: 0 });
  const [payer, payee] = [await openWarm(first, 10n), await openWarm(first, 10n)];
  const lastStampOf = async (id: number) => {
    const [row] = await first.db<{ last: bigint }[]>`
      SELECT last_stamp AS last FROM ledger.accounts WHERE id = ${id}`;
    return Number(row?.last);
  };
  const sides = { debitAccountId: payer, creditAccountId: payee };
  const held = await locking.carryOut({
    event: "test.hold",
    actor: STAFF,
    scope: { accountIds: [payer, payee], stampCount: 1 },
    decide: ({ book }) => {
      const hold = placeHold(book, { kind: "TRANSFER", actorId: STAFF.id, ...sides, amount: 1n });
      return { answer: JSON.stringify({ id: isRefusal(hold) ? 0 : hold.id }), counted: [] };
    },
  });
  expect(await lastStampOf(payee)).toBeGreaterThanOrEqual(held.id);
  const before = await lastStampOf(payer);
  await expect(withdraw(locking, payer, 100n)).rejects.toMatchObject({ code: "insufficient_funds" });
  expect(await lastStampOf(payer)).toBeGreaterThan(before);
  await locking.close();
});

it("raises an account's version whoever changes it, so that no process decides on what was", async () => {
  const id = await first.openAccount({ owner: "ana", balance: 5n });
  const columns = await first.db<{ name: string; type: string }[]>`
    SELECT attname AS name, format_type(atttypid, atttypmod) AS type
    FROM pg_attribute
    WHERE attrelid = 'ledger.accounts'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('id', 'version', 'last_stamp')`;
  expect(columns.length).toBeGreaterThan(7);
  const admin = openDatabase({ url: asOwner(first.databaseUrl), poolSize: 1, statementTimeoutMs: 60_000 });
  await inTransaction(admin, async ({ sql }) => {
    await sql`ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_not_overdrawn`;
    await sql`ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_system_untouched`;
    const versionOf = async () =>
      (await sql<[{ version: bigint }]>`SELECT version FROM ledger.accounts WHERE id = ${id}`)[0].version;
    for (const { name, type } of columns) {
      const before = await versionOf();
      const other = type === "boolean" ? "NOT system" : `coalesce(${name}, 0) + 1`;
      await sql.unsafe(`UPDATE ledger.accounts SET ${name} = ${other} WHERE id = ${id}`);
      expect({ name, version: await versionOf() }).toEqual({ name, version: before + 1n });
    }
    throw new RollBack();
  }).catch((error: unknown) => {
    if (!(error instanceof RollBack)) throw error;
  });
  await admin.end();
});

class RollBack extends Error {}

describe("with a bound on what is remembered, and rules that count", () => {
  it("forgets the accounts longest unused, and decides the same", async () => {
    const small = await openTestDesk({ databaseUrl: first.databaseUrl, knownMax: 2 });
    const ids = await Promise.all([1, 2, 3].map(() => small.openAccount({ owner: "ana", balance: 10n })));
    for (let round = 0; round < 4; round += 1)
      for (const id of ids) expect(await withdraw(small, id, 1n)).toMatchObject({ amount: "0.01" });
    for (const id of ids) expect(await small.balanceOf(id)).toMatchObject({ balance: 6n });
    await small.close();
    const none = await openTestDesk({ databaseUrl: first.databaseUrl, knownMax: 0 });
    for (const id of ids) await withdraw(none, id, 6n);
    expect(new Set(none.decided)).toEqual(new Set(["locks"]));
    await none.close();
  });

  it("counts an account's recent payments the same, remembered or read, its own or another process's", async () => {
    const [one, two] = [
      await openTestDesk({ databaseUrl: first.databaseUrl, rules: RULES }),
      await openTestDesk({ databaseUrl: first.databaseUrl, rules: RULES }),
    ];
    for (const payers of [
      [one, one, one],
      [one, two, one],
      [two, two, one],
    ] as const) {
      const id = await openWarm(one, 100n);
      for (const on of payers) await withdraw(on, id, 1n);
      for (const on of [one, two])
        await expect(withdraw(on, id, 1n)).rejects.toMatchObject({ code: "blocked_by_risk_rule" });
    }
    expect(one.decided).toContain("ahead");
    await two.close();
    await one.close();
  });
});

it("finds the owner of an account that it has not met", async () => {
  const id = await first.openAccount({ owner: "ana", balance: 10n });
  const { assets, risk } = first;
  const own = { type: "withdrawal", accountId: id, amount: 1n, asset: euroOf(first) } as const;
  await openWarm(first, 10n);
  await expect(first.carryOut(buildPostCommand({ actor: ANA, assets, risk }, own))).resolves.toMatchObject({
    status: "COMPLETED",
  });
  const strange = buildPostCommand({ actor: customer("ben"), assets, risk }, own);
  await expect(first.carryOut(strange)).rejects.toMatchObject({ code: "account_not_found" });
});
