import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openReplayGround } from "./replay-ground.ts";
import type { Run } from "./start-replay.ts";

/** Counted from sample.csv by another program, with exact decimals: invoices, lines, units, amount. */
const SAMPLE_FIGURES = {
  sales: ["30", "222", "2,929", "20,221.10"],
  "credit notes": ["24", "57", "-9,556", "-15,823.45"],
  adjustments: ["–", "63", "171", "0.00"],
  net: ["–", "342", "-6,456", "4,397.65"],
};

const ground = openReplayGround(join(import.meta.dirname, "replay.ts"));
const { replay, writeFile } = ground;

/** The rows of the program's table: what the file says, and what the shop says. */
function readTable({ out }: Run): Record<string, { file: string[]; shop: string[] }> {
  const rows = out.matchAll(/^(sales|credit notes|adjustments|net) +file +(.+)\n +shop +(.+)$/gm);
  const split = (text = "") => text.trim().split(/ +/);
  return Object.fromEntries(
    [...rows].map(([, name, file, shop]) => [name, { file: split(file), shop: split(shop) }]),
  );
}

function expectSampleFigures(run: Run): void {
  expect(run.errors).toBe("");
  const expected = Object.entries(SAMPLE_FIGURES).map(([name, figures]) => [
    name,
    { file: figures, shop: figures },
  ]);
  expect(readTable(run)).toEqual(Object.fromEntries(expected));
  expect(run.code).toBe(0);
}

async function countRows(): Promise<unknown> {
  const [counts] = await ground.app.db`
    SELECT (SELECT count(*)::int FROM orders.orders) AS orders, (SELECT count(*)::int FROM catalog.products) AS products,
           (SELECT count(*)::int FROM identity.users) AS users, (SELECT count(*)::int FROM ledger.journals) AS journals`;
  return counts;
}

describe("the replay of a shop's month", () => {
  it("trades the sample and reads the file's totals back, with verify clean", async () => {
    const run = await replay();
    expectSampleFigures(run);
    expect(run.out).toContain(
      "342 lines: 260 products, 35 customers, 30 orders, 24 credit notes, 7 adjustments of stock",
    );
    await ground.verify();
  });

  it("doubles nothing when killed at any moment and run again, nor after the server has forgotten the keys", async () => {
    const { run, kills } = await ground.replayThroughKills(25);
    expect(kills).toBeGreaterThan(1);
    expectSampleFigures(run);
    const after = await countRows();
    await ground.app.db`TRUNCATE runtime.idempotency_keys`;
    expectSampleFigures(await replay());
    expect(await countRows()).toEqual(after);
    await ground.verify();
  });

  it("adds another month to the same products and customers, at other prices", async () => {
    await replay(writeFile("january.csv", ["1,85123A,2,1.50,17850", "C2,85123a,-1,1.50,17850"]));
    const february = [
      "3,85123A,5,9.99,17850",
      "3,POST,1,18.00,17850",
      "4,85123A,-2,0,",
      "5,85123A,1,0.001,1",
    ];
    const run = await replay(writeFile("february.csv", february));
    expect(run).toMatchObject({ code: 0, errors: "" });
    expect(run.out).toContain("1 prices rounded to the penny, half to even");
    expect(readTable(run)).toMatchObject({
      sales: { shop: ["2", "3", "7", "67.95"] },
      adjustments: { shop: ["–", "1", "-2", "0.00"] },
    });
    expect(await countRows()).toMatchObject({ products: 1, orders: 3 });
  });

  it("names the first invoice that the shop has otherwise than the file", async () => {
    await replay(writeFile("first.csv", ["1,85123A,1,10.00,1", "2,85123A,1,5.00,1"]));
    const run = await replay(writeFile("other.csv", ["1,85123A,1,10.00,1", "2,85123A,1,6.00,1"]));
    expect(run.errors).toContain("invoice 2 is 6.00 in 1 lines in the file and 5.00 in the shop");
    expect(run.code).toBe(1);
  });
});
