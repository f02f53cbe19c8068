import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../tests/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { openVault, type Vault } from "../../../runtime/vault/vault.ts";
import { appendAudit } from "../entries/append-audit.ts";
import { createSequencer } from "../sequencer/sequence-entries.ts";
import { exportEntries } from "./export-entries.ts";
import { createSentinelSink } from "./send-to-sentinel.ts";

interface SentEntry {
  readonly event: { readonly sequence: number; readonly action: string };
}
type Answer = (batch: readonly SentEntry[], response: ServerResponse) => void;

let database: TestDatabase;
let vault: Vault;
let sentinel: Server;
let answer: Answer;
let calls: { bytes: number; seqs: number[]; authorization: string | undefined }[];

beforeEach(async () => {
  database = await createTestDatabase();
  const encryptionKey = Buffer.alloc(32, 7).toString("base64");
  vault = await openVault(database.db, { encryptionKey, previousKey: undefined, dataDir: "/nowhere" });
  calls = [];
  answer = (_, response) => response.writeHead(204).end();
  sentinel = createServer(receive).listen(0, "127.0.0.1");
  await new Promise((resolve) => sentinel.once("listening", resolve));
});
afterEach(async () => {
  sentinel.closeAllConnections();
  await new Promise((resolve) => sentinel.close(resolve));
  await database.drop();
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const batch: SentEntry[] = JSON.parse(body.toString());
  const { authorization } = request.headers;
  calls.push({ bytes: body.length, seqs: batch.map((entry) => entry.event.sequence), authorization });
  answer(batch, response);
}

/** Chains `count` entries. */
async function write(count: number): Promise<void> {
  const origin = { requestId: "r", ip: "192.0.2.9" };
  const entry = {
    event: "authn_login_fail",
    actorId: "anonymous",
    actorKind: "anonymous",
    resource: { type: "user", id: "ada" },
    outcome: "refused",
    origin,
  } as const;
  await inTransaction(database.db, (tx) =>
    appendAudit(
      tx,
      Array.from({ length: count }, () => entry),
    ),
  );
  const sequencer = createSequencer({ db: database.db, vault });
  while ((await sequencer.runRound()).more);
}

function openSink(options: { timeoutMs?: number; bytesMax?: number } = {}) {
  const { port } = sentinel.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}/ingest`;
  return createSentinelSink({ db: database.db, vault, endpoint, token: "secret-token", ...options });
}

const sentSeqs = () => calls.flatMap((call) => call.seqs);
const upTo = (count: number) => Array.from({ length: count }, (_, seq) => seq);
const endPause = () => database.db`UPDATE audit.sinks SET retry_at = now() - interval '1 second'`;
const readSink = async () =>
  (
    await database.db`SELECT next_seq::int, failures, last_error, retry_at - now() > interval '2 seconds' AS waits_long FROM audit.sinks`
  )[0];

test("the trail is sent once, in order, in batches of bounded size, with the token", async () => {
  await write(50);
  const sink = openSink({ bytesMax: 4_000 });
  expect(await sink.sendNew()).toEqual({ sent: 50, refused: 0 });
  expect(await sink.sendNew()).toEqual({ sent: 0, refused: 0 });
  expect(sentSeqs()).toEqual(upTo(50));
  expect(calls.length).toBeGreaterThan(5);
  expect(calls.every((call) => call.bytes <= 4_000 && call.authorization === "Bearer secret-token")).toBe(
    true,
  );
});

test("an endpoint that throttles is left alone for as long as it asks, and then gets everything", async () => {
  await write(5);
  const sink = openSink();
  answer = (_, response) => response.writeHead(429, { "retry-after": "17" }).end();
  await expect(sink.sendNew()).rejects.toThrow("answered 429; tried again in 17 s");
  expect(await sink.sendNew()).toEqual({ sent: 0, refused: 0 });
  expect(calls).toHaveLength(1);
  answer = (_, response) => response.writeHead(204).end();
  await endPause();
  expect(await sink.sendNew()).toEqual({ sent: 5, refused: 0 });
  expect(await readSink()).toMatchObject({ next_seq: 5, failures: 0, last_error: null });
});

test("an endpoint that stalls is given up, with growing pauses, and nothing is lost", async () => {
  await write(3);
  const sink = openSink({ timeoutMs: 50 });
  answer = () => undefined;
  for (const seconds of [1, 2, 4]) {
    await expect(sink.sendNew()).rejects.toThrow(`no answer within 50 ms; tried again in ${seconds} s`);
    await endPause();
  }
  answer = (_, response) => response.writeHead(200).end("ok");
  expect(await openSink().sendNew()).toEqual({ sent: 3, refused: 0 });
});

test("an endpoint that is gone, or has another token, is waited for", async () => {
  await write(1);
  const sink = openSink();
  for (const status of [401, 403, 500, 503]) {
    answer = (_, response) => response.writeHead(status).end();
    await expect(sink.sendNew()).rejects.toThrow(`answered ${status}`);
    await endPause();
  }
  expect(await database.db`SELECT FROM audit.sink_dead_letters`).toHaveLength(0);
});

test("the one entry that is refused goes to the dead letters, all others arrive in order", async () => {
  await write(20);
  const taken: number[] = [];
  answer = (batch, response) => {
    const seqs = batch.map((entry) => entry.event.sequence);
    if (seqs.includes(13)) return response.writeHead(400).end();
    taken.push(...seqs);
    return response.writeHead(204).end();
  };
  expect(await openSink().sendNew()).toEqual({ sent: 19, refused: 1 });
  expect(taken).toEqual(upTo(20).filter((seq) => seq !== 13));
  const dead = await database.db`SELECT sink, seq::int, error FROM audit.sink_dead_letters`;
  expect(dead).toEqual([{ sink: "sentinel", seq: 13, error: "answered 400" }]);
});

test("the export speaks ECS and OCSF, a line an entry, and says where it stopped", async () => {
  await write(3);
  const lines = async (format: "ecs" | "ocsf") => {
    const text: string[] = [];
    const write = async (lines: readonly string[]) => {
      text.push(...lines);
    };
    const result = await exportEntries({ db: database.db, vault }, { format, fromSeq: 1, rowsMax: 1, write });
    return {
      ...result,
      rows: text.map((line) => JSON.parse(line)),
    };
  };
  const [ecs, ocsf] = [await lines("ecs"), await lines("ocsf")];
  expect(ecs).toMatchObject({ rowCount: 1, nextSeq: 2 });
  expect(ecs.rows[0]).toMatchObject({
    "@timestamp": expect.stringMatching(/Z$/),
    event: {
      id: "1",
      kind: "event",
      category: ["authentication"],
      action: "authn_login_fail",
      outcome: "failure",
    },
    user: { id: "anonymous", target: { id: "ada" } },
    source: { ip: "192.0.2.9" },
  });
  expect(ocsf.rows[0]).toMatchObject({
    class_uid: 3002,
    category_uid: 3,
    type_uid: 300201,
    status_id: 2,
    actor: { user: { uid: "anonymous" } },
    user: { uid: "ada" },
    src_endpoint: { ip: "192.0.2.9" },
    metadata: { version: "1.3.0", uid: "1" },
  });
});
