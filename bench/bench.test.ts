import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmbeddedPostgres } from "../server/src/runtime/embedded-postgres/index.ts";
import { createReader } from "./load/connection.ts";
import { createHistogram, findPercentileMs, recordLatency } from "./load/histogram.ts";
import { startLoadGenerator } from "./load/load-generator.ts";
import { createPicker, SPREADS } from "./load/pick-accounts.ts";
import { findRatio, type Sample } from "./measure.ts";
import {
  checkReferenceSum,
  createReferenceLedger,
  postTransfers,
  type ReferenceLedger,
} from "./reference/stored-procedure.ts";
import { summarizeMemory } from "./rows/memory.ts";
import { makeDataFolder, removeDataFolder } from "./workbench.ts";

// Counts what it is asked, answers every tenth with 503, and every answer in two pieces, cut inside the head.
const COUNTING_SERVER = `
  import { createServer } from "node:net";
  const keys = new Set();
  let count = 0;
  let accepted = 0;
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => undefined);
    socket.on("data", (piece) => {
      text += piece;
      const head = /\\r\\nContent-Length: (\\d+)\\r\\n\\r\\n/.exec(text);
      if (head === null || text.length < head.index + head[0].length + Number(head[1])) return;
      keys.add(/\\r\\nIdempotency-Key: ([^\\r]+)/.exec(text)[1]);
      text = "";
      count += 1;
      if (count % 10 !== 0) accepted += 1;
      const status = count % 10 === 0 ? "503 Service Unavailable" : "201 Created";
      socket.write("HTTP/1.1 " + status + "\\r\\nContent-Le");
      setImmediate(() => socket.write("ngth: 2\\r\\n\\r\\n{}"));
    });
  });
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  process.on("message", () => process.send({ count, accepted, keys: keys.size }));
`;

describe("the load generator", () => {
  let server: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    const flags = ["--input-type=module", "--eval", COUNTING_SERVER];
    server = spawn(process.execPath, flags, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    [{ port }] = await once(server, "message");
  });

  afterAll(() => {
    server.kill();
  });

  it("counts exactly what the server answered, each request with a key of its own", async () => {
    const load = startLoadGenerator();
    load.useAccounts({ ids: ["1", "2", "3"], tokens: ["a", "b"], currency: "EUR" });
    const shape = { traffic: "transfers", spread: "uniform", inFlight: 8 } as const;
    const result = await load.run({ ...shape, port, warmupSeconds: 0.1, seconds: 0.3 });
    load.stop();
    server.send("counts?");
    const [counted] = await once(server, "message");
    const answered = (result.statuses[201] ?? 0) + (result.statuses[503] ?? 0);
    expect(counted).toEqual({ count: answered, accepted: result.acceptedTransfers, keys: answered });
    expect(result.acceptedTransfers).toBe(result.statuses[201]);
    expect(result.firstFailure).toBe("503 {}");
  });

  it("says so when nobody answers", async () => {
    const load = startLoadGenerator();
    const shape = { traffic: "health", spread: "uniform", inFlight: 1 } as const;
    await expect(load.run({ ...shape, port: 1, warmupSeconds: 0, seconds: 0.1 })).rejects.toThrow(
      "the load broke off",
    );
    load.stop();
  });

  it("reads answers in whatever pieces they come", () => {
    const answers = [
      { status: 201, body: '{"id":"1"}' },
      { status: 503, body: "" },
      { status: 200, body: "\r\n\r\n" },
    ];
    const stream = answers
      .map(({ status, body }) => `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      .join("");
    const cuts = fc
      .array(fc.nat(stream.length))
      .map((positions) => [0, ...positions.toSorted((a, b) => a - b), stream.length]);
    fc.assert(
      fc.property(cuts, (positions) => {
        const seen: typeof answers = [];
        const read = createReader((status, body) => seen.push({ status, body }));
        for (const [index, from] of positions.entries())
          read(stream.slice(from, positions[index + 1] ?? from));
        expect(seen).toEqual(answers);
      }),
    );
  });

  it.each(SPREADS)("picks two different accounts that exist (%s)", (spread) => {
    const pick = createPicker(spread, 10);
    for (let count = 0; count < 1_000; count++) {
      const { debit, credit } = pick();
      expect(debit).not.toBe(credit);
      expect(Math.min(debit, credit)).toBeGreaterThanOrEqual(0);
      expect(Math.max(debit, credit)).toBeLessThan(10);
      if (spread === "hot") expect(Math.min(debit, credit)).toBe(0);
    }
  });
});

describe("the figures", () => {
  it("finds percentiles within two percent", () => {
    const histogram = createHistogram();
    for (let ms = 1; ms <= 1_000; ms++) recordLatency(histogram, ms);
    expect(findPercentileMs(histogram, 0.5) / 500).toBeCloseTo(1, 1.5);
    expect(findPercentileMs(histogram, 0.99) / 990).toBeCloseTo(1, 1.5);
  });

  it("takes a ratio within each round, against the best of the references", () => {
    const samplesOf = (...rates: number[]): Sample[] =>
      rates.map((perSecond) => ({ perSecond, p50Ms: 0, p99Ms: 0 }));
    const samples = new Map([
      ["ours", samplesOf(30, 300, 3_000)],
      ["a", samplesOf(10, 50, 1_500)],
      ["b", samplesOf(5, 100, 1_000)],
    ]);
    expect(findRatio(samples, { id: "ours", against: ["a", "b"], key: "perSecond" })).toBe(3);
    expect(findRatio(samples, { id: "ours", against: ["skipped"], key: "perSecond" })).toBeUndefined();
  });

  it("sees memory grow", () => {
    const readings = Array.from({ length: 60 }, (_, second) => ({ second, mb: 100 + second / 60 }));
    expect(summarizeMemory(readings)?.slopeMbPerMinute).toBeCloseTo(1);
    expect(summarizeMemory([])).toBeUndefined();
  });
});

describe.each(["each", "at_once"] as const)("the reference ledger, history %s", (history) => {
  let ledger: ReferenceLedger;
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    const dataDir = await makeDataFolder();
    opened.defer(() => removeDataFolder(dataDir));
    const silent = () => undefined;
    const postgres = await startEmbeddedPostgres({
      dataDir,
      log: { info: silent, warn: silent, error: silent },
    });
    opened.defer(() => postgres.stop());
    ledger = await createReferenceLedger(postgres.url, 10);
    opened.defer(() => ledger.sql.end({ timeout: 5 }));
  });

  afterAll(() => opened.disposeAsync());

  it("books item by item, refuses overdraft and unknown accounts, and knows an id it has booked", async () => {
    const batch = {
      ids: [1, 2, 3, 4],
      debits: [1, 1, 2, 99],
      credits: [2, 2, 99, 1],
      amounts: [900_000, 900_000, 1, 1],
    };
    expect(await postTransfers(ledger.sql, history, batch)).toEqual([0, 1, 2, 2]);
    expect(await postTransfers(ledger.sql, history, batch)).toEqual([3, 1, 2, 2]);
    const balances = await ledger.sql`SELECT balance FROM reference.accounts WHERE id IN (1, 2) ORDER BY id`;
    expect(balances.map((row) => row["balance"])).toEqual([100_000n, 1_900_000n]);
    expect(await ledger.sql`SELECT id FROM reference.transfers`).toEqual([{ id: 1n }]);
  });

  it("keeps the sum over any batches", async () => {
    const account = fc.integer({ min: 1, max: 11 });
    const transfer = fc.record({
      debit: account,
      credit: account,
      amount: fc.integer({ min: 1, max: 2_000_000 }),
    });
    const batches = fc.array(
      transfer.filter(({ debit, credit }) => debit !== credit),
      { minLength: 1, maxLength: 20 },
    );
    let nextId = 100;
    await fc.assert(
      fc.asyncProperty(batches, async (transfers) => {
        const column = (key: "debit" | "credit" | "amount") => transfers.map((item) => item[key]);
        const batch = {
          ids: transfers.map(() => nextId++),
          debits: column("debit"),
          credits: column("credit"),
          amounts: column("amount"),
        };
        const outcomes = await postTransfers(ledger.sql, history, batch);
        expect(outcomes).toHaveLength(transfers.length);
        await checkReferenceSum(ledger.sql);
      }),
      { numRuns: 50 },
    );
  });
});
