import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { inPipelinedTransaction, readOnOneConnection, type Tx, tryInOneTrip } from "../transaction.ts";
import { type BatchConnections, openBatchConnections } from "./batch-connections.ts";

let database: TestDatabase;
let connections: BatchConnections;
const limits = { poolSize: 2, statementTimeoutMs: 60_000 };
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  await database.db`CREATE TABLE coins (id integer PRIMARY KEY, amount integer NOT NULL CHECK (amount >= 0))`;
  connections = openBatchConnections({ url: database.url, ...limits });
});
beforeEach(() => database.db`TRUNCATE coins CASCADE`);
afterAll(async () => {
  await connections.end({ timeout: 5 });
  await database.drop();
});

const insert = ({ sql }: Tx, id: number, amount = 1): Promise<unknown> =>
  sql`INSERT INTO coins VALUES (${id}, ${amount})`.execute();

async function coinsKept(): Promise<number[]> {
  return (await database.db<{ id: number }[]>`SELECT id FROM coins ORDER BY id`).map(({ id }) => id);
}

it("gives rows of every type as everybody's driver does, and takes what it takes", async () => {
  const query = ({ sql }: Tx) => sql`
    SELECT ${7}::bigint AS big, ${"9223372036854775807"}::bigint AS most, 3::int AS int, 2::smallint AS small,
      1.5::float8 AS float, 1.10::numeric AS exact, ${true}::boolean AS flag, NULL::text AS nothing,
      ${'a "quoted" \\ text'}::text AS note, ${new Date(1_000)}::timestamptz AS at, '2026-01-02'::date AS day,
      ${null}::int AS none, ${Buffer.from([0, 1, 255])}::bytea AS bytes, '{"a": [1, null]}'::jsonb AS doc,
      '{1,3}'::bigint[] AS bigs, '{1,2}'::int[] AS ints, '{t,f}'::boolean[] AS flags,
      ${["x", 'y "z"', "\\"]}::text[] AS notes, '{}'::text[] AS no_notes, '{1.5}'::numeric[] AS exacts,
      '01234567-89ab-cdef-0123-456789abcdef'::uuid AS key`;
  const rows = await readOnOneConnection(connections, query);
  expect([...rows]).toEqual([...(await database.db.begin((sql) => query({ sql } as unknown as Tx)))]);
  expect(rows).toMatchObject({ count: 1, command: "SELECT" });
});

it("takes the statements of one turn as one transaction, and goes on after one that failed", async () => {
  expect(await tryInOneTrip(connections, (tx) => [insert(tx, 1), insert(tx, 2)])).toBe(true);
  await expect(tryInOneTrip(connections, (tx) => [insert(tx, 3), insert(tx, 4, -1)])).rejects.toMatchObject({
    code: "23514",
    constraint_name: "coins_amount_check",
  });
  expect(await tryInOneTrip(connections, (tx) => [insert(tx, 5), insert(tx, 1)])).toBe(false); // a key is taken
  const unknown = (tx: Tx) => [insert(tx, 6), tx.sql`SELECT nothing FROM nowhere`.execute(), insert(tx, 7)];
  for (let n = 0; n < 3; n += 1)
    await expect(tryInOneTrip(connections, unknown)).rejects.toMatchObject({ code: "42P01" });
  expect(await tryInOneTrip(connections, (tx) => [insert(tx, 8)])).toBe(true);
  expect(await coinsKept()).toEqual([1, 2, 8]);
});

it("says nothing is done where only the end of the transaction finds the fault", async () => {
  await database.db`CREATE TABLE parts (coin_id integer REFERENCES coins DEFERRABLE INITIALLY DEFERRED)`;
  const orphan = ({ sql }: Tx) => sql`INSERT INTO parts VALUES (99)`.execute();
  await expect(tryInOneTrip(connections, (tx) => [insert(tx, 1), orphan(tx)])).rejects.toMatchObject({
    code: "23503",
  });
  expect(await coinsKept()).toEqual([]);
});

it("lends no more connections than it has, and to whoever waits longest", async () => {
  const pids = new Set<number>();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      inPipelinedTransaction(connections, async ({ sql }) => {
        const [row] = await sql<[{ pid: number }]>`SELECT pg_backend_pid() AS pid, pg_sleep(0.01)`;
        pids.add(row.pid);
        order.push(index);
        return { outcome: undefined, writes: [] };
      }),
    ),
  );
  expect(pids.size).toBeLessThanOrEqual(2);
  expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it("is ended in the midst of a statement by the server's limit of time, and goes on", async () => {
  const hasty = openBatchConnections({ url: database.url, poolSize: 1, statementTimeoutMs: 50 });
  const slow = ({ sql }: Tx) => [sql`SELECT pg_sleep(60)`.execute()];
  await expect(tryInOneTrip(hasty, slow)).rejects.toMatchObject({ code: "database_unavailable" });
  expect(await tryInOneTrip(hasty, (tx) => [insert(tx, 1)])).toBe(true);
  await hasty.end({ timeout: 5 });
});

it("refuses a wrong password, and what comes after its end", async () => {
  const url = new URL(database.url);
  url.password = "wrong";
  const wrong = openBatchConnections({ url: url.href, ...limits });
  await expect(tryInOneTrip(wrong, (tx) => [insert(tx, 1)])).rejects.toMatchObject({
    code: "database_unavailable",
  });
  await wrong.end({ timeout: 1 });
  await expect(tryInOneTrip(wrong, (tx) => [insert(tx, 1)])).rejects.toMatchObject({
    code: "database_unavailable",
  });
});

const AUTHENTICATED = Buffer.from([82, 0, 0, 0, 8, 0, 0, 0, 0]);
const READY = Buffer.from([90, 0, 0, 0, 5, 73]);
const SYNC = Buffer.from([83, 0, 0, 0, 4]);
const SETTINGS_TAKEN = Buffer.from("C\0\0\0\x0dSELECT 1\0", "latin1");
const EMPTY_ROW = Buffer.from([68, 0, 0, 0, 6, 0, 0]);

/** A server that lets everybody in, settings and all, and then answers with these bytes. */
async function withHostileServer(
  answer: (socket: Socket) => void,
  work: (hostile: BatchConnections) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((socket) => {
    let received = 0;
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      if (received > 0 && !bytes.subarray(-SYNC.length).equals(SYNC)) return; // more of it comes
      received += 1;
      if (received === 1) socket.write(Buffer.concat([AUTHENTICATED, READY]));
      else if (received === 2) socket.write(Buffer.concat([SETTINGS_TAKEN, READY]));
      else answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const hostile = openBatchConnections({ url: `postgres://u:p@127.0.0.1:${port}/d`, ...limits });
  try {
    await work(hostile);
  } finally {
    await hostile.end({ timeout: 1 });
    server.close();
  }
}

it.each([
  ["ends the connection", (socket: Socket) => socket.destroy()],
  ["says farewell in half a message", (socket: Socket) => socket.end(Buffer.from([67, 0, 0]))],
  ["answers with noise", (socket: Socket) => socket.end(Buffer.alloc(4_096, 0xff))],
  ["answers in HTTP", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["sends a row of nothing and is gone", (socket: Socket) => socket.end(EMPTY_ROW)],
])("calls nothing done where a server %s", async (_title, answer) => {
  await withHostileServer(answer, async (hostile) => {
    const refusal = await tryInOneTrip(hostile, (tx) => [insert(tx, 1)]).catch((error) => error);
    expect(refusal).toMatchObject({ code: "database_unavailable" });
  });
});

it("calls nothing done that was left without an answer", async () => {
  await withHostileServer(
    (socket) => socket.write(READY),
    async (hostile) => {
      await expect(tryInOneTrip(hostile, (tx) => [insert(tx, 1)])).rejects.toMatchObject({
        code: "database_unavailable",
      });
    },
  );
});
