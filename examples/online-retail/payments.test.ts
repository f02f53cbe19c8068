import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openReplayGround } from "./replay-ground.ts";
import type { Run } from "./start-replay.ts";

/** Counted from sample.csv by another program, with exact decimals. */
const SAMPLE_FIGURES = {
  payments: 30,
  paid: "20,221.10",
  creditNotes: 24,
  returned: "15,823.45",
  kept: "4,397.65",
};

const ground = openReplayGround(join(import.meta.dirname, "payments.ts"));
const { folder, replay } = ground;

/** Writes a file whose lines are "invoice,quantity,price,customer". */
function writeFile(name: string, lines: readonly string[]): string {
  return ground.writeFile(
    name,
    lines.map((line) => line.replace(",", ",85123A,")),
  );
}

/** The figures in the program's table, each the same in every column. */
function readFigures({ out }: Run): Record<string, string[]> {
  const rows = out.matchAll(/^(payments|paid, GBP|credit notes|returned, GBP|kept, GBP) {2,}([\d., -]+)$/gm);
  return Object.fromEntries([...rows].map(([, name, figures]) => [name, figures?.trim().split(/ +/) ?? []]));
}

function expectSampleFigures(run: Run): void {
  expect(run.errors).toBe("");
  const { payments, paid, creditNotes, returned, kept } = SAMPLE_FIGURES;
  const thrice = (figure: string | number) => [`${figure}`, `${figure}`, `${figure}`];
  expect(readFigures(run)).toEqual({
    payments: thrice(payments),
    "paid, GBP": thrice(paid),
    "credit notes": thrice(creditNotes),
    "returned, GBP": thrice(returned),
    "kept, GBP": thrice(kept),
  });
  expect(run.code).toBe(0);
}

async function countRows(): Promise<{ accounts: number; journals: number; keys: number }> {
  const [counts] = await ground.app.db<{ accounts: number; journals: number; keys: number }[]>`
    SELECT (SELECT count(*)::int FROM banking.accounts) AS accounts, (SELECT count(*)::int FROM ledger.journals) AS journals,
           (SELECT count(*)::int FROM runtime.idempotency_keys) AS keys`;
  if (counts === undefined) throw new Error("the counts are missing");
  return counts;
}

describe("the replay of a month", () => {
  it("books the sample and reads the file's figures back from both sides' statements", async () => {
    const run = await replay();
    expectSampleFigures(run);
    expect(run.out).toContain(
      "342 lines: 30 invoices, 24 credit notes, 63 lines that only correct the stock",
    );
    await ground.verify();
  });

  it("doubles nothing when killed at any moment and run again", async () => {
    const { run, kills } = await ground.replayThroughKills(12);
    expect(kills).toBeGreaterThan(1);
    expectSampleFigures(run);
    const after = await countRows();
    expectSampleFigures(await replay());
    expect(await countRows()).toEqual(after);
    await ground.verify();
  });

  it("doubles nothing when two replay at once", async () => {
    for (const run of await Promise.all([replay(), replay()])) expectSampleFigures(run);
  });

  it("doubles nothing after the server has forgotten the keys", async () => {
    await replay();
    const { accounts, journals } = await countRows();
    await ground.app.db`TRUNCATE runtime.idempotency_keys`;
    expectSampleFigures(await replay());
    expect(await countRows()).toEqual({ accounts, journals, keys: 0 });
  });

  it("adds another month to the same accounts", async () => {
    await replay(writeFile("january.csv", ["1,2,1.50,17850", "C2,-1,1.50,17850"]));
    const february = writeFile("february.csv", ["3,1,9.99,17850", "4,1,5,12345"]);
    const run = await replay(february);
    expect(run).toMatchObject({ code: 0, errors: "" });
    expect(readFigures(run)).toMatchObject({
      payments: ["2", "2", "2"],
      "paid, GBP": ["14.99", "14.99", "14.99"],
      "returned, GBP": ["0.00", "0.00", "0.00"],
    });
    expect((await countRows()).accounts).toBe(3);
  });

  it("returns more than was paid where the file says so", async () => {
    const run = await replay(writeFile("returns.csv", ["1,1,10,1", "C2,-1,25.00,2"]));
    expect(run).toMatchObject({ code: 0, errors: "" });
    expect(readFigures(run)["kept, GBP"]).toEqual(["-15.00", "-15.00", "-15.00"]);
  });

  it("rounds a total with parts of a penny half to even, and says so", async () => {
    const run = await replay(
      writeFile("parts.csv", ["1,1,0.125,1", "1,1,0.01,1", "2,1,0.001,1", "3,3,0.005,1"]),
    );
    expect(run.out).toContain("3 totals rounded to the penny, half to even");
    // 0.135 → 0.14; 0.001 → nothing to pay; 0.015 → 0.02
    expect(readFigures(run)).toMatchObject({
      payments: ["2", "2", "2"],
      "paid, GBP": ["0.16", "0.16", "0.16"],
    });
  });
});

describe("the replay says in one line, and with exit code 1", () => {
  const refusals: readonly [string, () => Promise<Run>, string][] = [
    [
      "which token is needed",
      () => replay(undefined, { COUNTINGHOUSE_TOKEN: "" }),
      "export COUNTINGHOUSE_TOKEN=$(npx countinghouse token --role admin)",
    ],
    [
      "that the token is refused",
      () => replay(undefined, { COUNTINGHOUSE_TOKEN: "a.b.c" }),
      "the token is not valid",
    ],
    [
      "that no server answers",
      () => replay(undefined, { COUNTINGHOUSE_URL: "http://127.0.0.1:9" }),
      'start it with "npm start", or set COUNTINGHOUSE_URL',
    ],
    ["that the file is not there", () => replay(join(folder, "none.csv")), "none.csv does not exist"],
    ["which line is malformed", () => replay(writeFile("bad.csv", ["1,1,1.00,1", "2,1,1.0e3,1"])), "line 3"],
    ["which columns are missing", () => replay(writeColumns("InvoiceNo,Quantity")), "UnitPrice"],
  ];
  it.each(refusals)("%s", async (_, run, expected) => {
    const { code, errors } = await run();
    expect(errors).toContain(expected);
    expect(errors.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  it("which invoice the book has otherwise than the file", async () => {
    await replay(writeFile("first.csv", ["1,1,10.00,1", "2,1,5.00,1"]));
    const run = await replay(writeFile("other.csv", ["1,1,10.00,1", "2,1,6.00,1"]));
    expect(run.errors).toContain("invoice 2 is 6.00 in the file and 5.00 in the shop's statement");
    expect(run.code).toBe(1);
  });
});

it("attributes the sample, as its licence asks", () => {
  const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
  expect(readme).toMatch(/Daqing Chen \(2015\), UCI\s+Machine Learning Repository/);
  expect(readme).toContain("CC BY 4.0");
});

function writeColumns(header: string): string {
  const path = join(folder, "columns.csv");
  writeFileSync(path, `${header}\r\n1,2\r\n`);
  return path;
}
