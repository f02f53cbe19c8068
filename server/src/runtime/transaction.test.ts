import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { type BatchConnections, openBatchConnections } from "./batch-driver/batch-connections.ts";
import type { Connections, Sql } from "./database.ts";
import { columnsOf } from "./row-columns.ts";
import { inPipelinedTransaction, inTransaction, type Tx } from "./transaction.ts";

let database: TestDatabase;
let db: Sql;
let batchDb: BatchConnections;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  db = database.db;
  batchDb = openBatchConnections({ url: database.url, poolSize: 5, statementTimeoutMs: 60_000 });
  await db`CREATE TABLE coins (id integer PRIMARY KEY, amount integer NOT NULL CHECK (amount >= 0))`;
});
beforeEach(() => db`TRUNCATE coins`);
afterAll(async () => {
  await batchDb.end({ timeout: 5 });
  await database.drop();
});

function insert({ sql }: Tx, id: number, amount = 1): Promise<unknown> {
  return sql`INSERT INTO coins VALUES (${id}, ${amount})`.execute();
}

function raise({ sql }: Tx, code: string): Promise<unknown> {
  return sql`SELECT set_config('test.code', ${code}, true)`.then(() =>
    sql.unsafe(
      "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = current_setting('test.code'), MESSAGE = 'raised'; END $$",
    ),
  );
}

async function backendOf({ sql }: Tx): Promise<number> {
  const [row] = await sql<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`.execute();
  return row.pid;
}

async function coinsKept(): Promise<number[]> {
  return (await db<{ id: number }[]>`SELECT id FROM coins ORDER BY id`).map(({ id }) => id);
}

function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The same work through both kinds of transaction. */
const KINDS = [
  { kind: "a transaction", run: (work: (tx: Tx) => Promise<unknown>) => inTransaction(db, work) },
  {
    kind: "a pipelined transaction",
    run: (work: (tx: Tx) => Promise<unknown>) =>
      inPipelinedTransaction(db, async (tx) => ({ outcome: await work(tx), writes: [] })),
  },
  {
    kind: "a pipelined transaction on the desk's connections",
    run: (work: (tx: Tx) => Promise<unknown>) =>
      inPipelinedTransaction(batchDb, async (tx) => ({ outcome: await work(tx), writes: [] })),
  },
];

const POOLS: readonly { pool: string; connections: () => Connections }[] = [
  { pool: "of everybody's pool", connections: () => db },
  { pool: "of the desk's connections", connections: () => batchDb },
];

describe.each(KINDS)("$kind", ({ run }) => {
  it("keeps all of its work and returns its outcome", async () => {
    const outcome = await run(async (tx) => {
      await insert(tx, 1);
      await insert(tx, 2);
      return "done";
    });
    expect(outcome).toBe("done");
    expect(await coinsKept()).toEqual([1, 2]);
  });

  it("keeps nothing when its work throws", async () => {
    const bug = new Error("a bug");
    const refusal = await refusalOf(
      run(async (tx) => {
        await insert(tx, 1);
        throw bug;
      }),
    );
    expect(refusal).toBe(bug);
    expect(await coinsKept()).toEqual([]);
  });

  it("keeps nothing when the database refuses a later write", async () => {
    const refusal = await refusalOf(
      run(async (tx) => {
        await insert(tx, 1);
        await insert(tx, 2, -5);
      }),
    );
    expect(refusal).toMatchObject({ code: "23514" });
    expect(await coinsKept()).toEqual([]);
  });

  it.each(["40001", "40P01", "55P03"])(
    "tries three times more on %s, then gives up with try_again",
    async (code) => {
      let tries = 0;
      const refusal = await refusalOf(
        run(async (tx) => {
          tries += 1;
          await insert(tx, tries);
          await raise(tx, code);
        }),
      );
      expect(tries).toBe(4);
      expect(refusal).toMatchObject({
        kind: "unavailable",
        code: "try_again",
        details: { retryAfterSeconds: 1 },
      });
      expect(await coinsKept()).toEqual([]);
    },
  );

  it("succeeds when the last try does, and keeps that try's work alone", async () => {
    let tries = 0;
    await run(async (tx) => {
      tries += 1;
      await insert(tx, tries);
      if (tries < 4) await raise(tx, "40P01");
    });
    expect(await coinsKept()).toEqual([4]);
  });

  it("tries again where another transaction took the same key, and then sees it", async () => {
    let tries = 0;
    const outcome = await run(async (tx) => {
      tries += 1;
      const found = await tx.sql`SELECT 1 FROM coins WHERE id = 1`;
      if (found.length > 0) return "found";
      if (tries === 1) await db`INSERT INTO coins VALUES (1, 1)`;
      return insert(tx, 1);
    });
    expect([outcome, tries]).toEqual(["found", 2]);
  });

  it("does not repeat what no repetition can mend", async () => {
    let tries = 0;
    const refusal = await refusalOf(
      run(async (tx) => {
        tries += 1;
        await insert(tx, 1, -1);
      }),
    );
    expect([tries, (refusal as { code: string }).code]).toEqual([1, "23514"]);
  });

  it("answers unavailable when its connection is cut off, keeps nothing, and leaves the pool usable", async () => {
    const refusal = await refusalOf(
      run(async (tx) => {
        await insert(tx, 1);
        await db`SELECT pg_terminate_backend(${await backendOf(tx)}, 5000)`;
        await insert(tx, 2);
      }),
    );
    expect(refusal).toMatchObject({ kind: "unavailable", code: "database_unavailable" });
    expect(await coinsKept()).toEqual([]);
    await run((tx) => insert(tx, 3));
    expect(await coinsKept()).toEqual([3]);
  });
});

it("refuses a statement made of parts whose connection was lost, and no part of it ends the process", async () => {
  const columns = columnsOf<number>({ id: ["integer", (id) => id], amount: ["integer", () => 1] });
  const { promise: taken, resolve } = Promise.withResolvers<Tx>();
  const cutOff = await refusalOf(
    inTransaction(db, async (tx) => {
      resolve(tx);
      await db`SELECT pg_terminate_backend(${await backendOf(tx)}, 5000)`;
      await insert(tx, 1);
    }),
  );
  expect(cutOff).toMatchObject({ code: "database_unavailable" });
  const { sql } = await taken;
  const refusal = await refusalOf(sql`INSERT INTO coins ${columns.rows(sql, [2])}`.execute());
  expect(refusal).toMatchObject({ code: "CONNECTION_CLOSED" });
});

describe.each(POOLS)(
  "a pipelined transaction $pool, its writes sent ahead of the commit",
  ({ connections }) => {
    it("keeps them all", async () => {
      const outcome = await inPipelinedTransaction(connections(), async (tx) => ({
        outcome: "booked",
        writes: [insert(tx, 1), insert(tx, 2), insert(tx, 3)],
      }));
      expect(outcome).toBe("booked");
      expect(await coinsKept()).toEqual([1, 2, 3]);
    });

    it("keeps nothing when one of them fails after others", async () => {
      const refusal = await refusalOf(
        inPipelinedTransaction(connections(), async (tx) => ({
          outcome: "booked",
          writes: [insert(tx, 1), insert(tx, 2), insert(tx, 3, -1), insert(tx, 4)],
        })),
      );
      expect(refusal).toMatchObject({ code: "23514" });
      expect(await coinsKept()).toEqual([]);
    });

    it("keeps nothing when only the commit finds the fault", async () => {
      await db`CREATE TABLE parts (coin_id integer REFERENCES coins DEFERRABLE INITIALLY DEFERRED)`;
      const refusal = await refusalOf(
        inPipelinedTransaction(connections(), async (tx) => ({
          outcome: "booked",
          writes: [insert(tx, 1), tx.sql`INSERT INTO parts VALUES (99)`.execute()],
        })),
      );
      await db`DROP TABLE parts`;
      expect(refusal).toMatchObject({ code: "23503" });
      expect(await coinsKept()).toEqual([]);
    });

    it("is never answered as booked when the connection is lost before the commit's answer", async () => {
      const refusal = await refusalOf(
        inPipelinedTransaction(connections(), async (tx) => {
          const pid = await backendOf(tx);
          const stalled = tx.sql`SELECT pg_sleep(60)`.execute();
          const cut = untilStalled(pid).then(() => db`SELECT pg_terminate_backend(${pid}, 5000)`);
          return { outcome: "booked", writes: [insert(tx, 1), stalled, cut] };
        }),
      );
      expect(refusal).toMatchObject({ kind: "unavailable", code: "database_unavailable" });
      expect(await coinsKept()).toEqual([]);
    });

    it("answers unavailable and goes on when connections were cut off while idle", async () => {
      const pids = await db<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      for (const { pid } of pids) await db`SELECT pg_terminate_backend(${pid}, 5000)`.catch(() => undefined);
      const tries = await Promise.all(
        [1, 2, 3, 4, 5].map((id) =>
          refusalOf(
            inPipelinedTransaction(connections(), async (tx) => ({ outcome: id, writes: [insert(tx, id)] })),
          ),
        ),
      );
      const refused = tries.filter((refusal) => refusal !== undefined);
      for (const refusal of refused) expect(refusal).toMatchObject({ kind: "unavailable" });
      expect((await coinsKept()).length).toBe(5 - refused.length);
    });

    it("lets two that lock in opposite order both succeed", async () => {
      await db`INSERT INTO coins VALUES (1, 0), (2, 0)`;
      const met = meetingOf(2);
      const both = [
        [1, 2],
        [2, 1],
      ].map(([first = 0, second = 0]) => {
        let tries = 0;
        return inPipelinedTransaction(connections(), async (tx) => {
          tries += 1;
          await tx.sql`UPDATE coins SET amount = amount + 1 WHERE id = ${first}`;
          if (tries === 1) await met();
          return {
            outcome: tries,
            writes: [tx.sql`UPDATE coins SET amount = amount + 1 WHERE id = ${second}`.execute()],
          };
        });
      });
      expect((await Promise.all(both)).toSorted()).toEqual([1, 2]);
      expect(await db`SELECT amount FROM coins`).toEqual([{ amount: 2 }, { amount: 2 }]);
    });
  },
);

/** Resolves for everybody when `count` have come. */
function meetingOf(count: number): () => Promise<void> {
  const come: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      come.push(resolve);
      if (come.length === count) for (const goOn of come) goOn();
    });
}

async function untilStalled(pid: number): Promise<void> {
  for (;;) {
    const [row] = await db`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`;
    if (row !== undefined) return;
  }
}
