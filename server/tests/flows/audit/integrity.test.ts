import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "..", "bin", "countinghouse.mjs");

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());

/** Once the check that the program makes by itself, if one is under way, has ended. */
async function fresh() {
  const isRunning = ({ body }: Awaited<ReturnType<typeof shop.staff>>) =>
    body.code === "verification_running";
  for (let tries = 1; ; tries += 1) {
    const answer = await shop.staff("GET", "/integrity?fresh=true");
    if (!isRunning(answer) || tries === 1_000) return answer;
  }
}

it("says that all kinds agree after a sale, and again from where that check ended", async () => {
  const product = await shop.addProduct({ price: "10.00" });
  const account = await shop.openAccount("alice", "100.00");
  const items = [{ product_id: product.id, quantity: 2 }];
  await shop.alice("POST", "/orders", { body: { items, payment_method: "balance", account_id: account } });
  const first = await fresh();
  expect(first, JSON.stringify(first.body)).toMatchObject({ status: 200, body: { clean: true } });
  expect(first.body.kinds.map((entry: { kind: string }) => entry.kind)).toEqual(
    expect.arrayContaining(["ledger", "stock", "payments", "orders"]),
  );
  expect((await fresh()).body).toMatchObject({ clean: true, transfer_count: 0 });
});

it("is told by the command line too, with the trail that names every booking", async () => {
  const folder = mkdtempSync(join(tmpdir(), "integrity-"));
  const env = { PATH: process.env["PATH"], DATA_DIR: folder, DB_URL: shop.app.databaseUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, "verify"], { env, cwd: folder });
  expect(stdout).toContain("The book agrees.");
  expect(stdout).toContain("Stock agrees with the book.");
  expect(stdout).toContain("The audit trail is whole.");
  rmSync(folder, { recursive: true });
});

it("answers the newest check without making one, to admins alone", async () => {
  const { body } = await fresh();
  expect((await shop.staff("GET", "/integrity")).body).toMatchObject({ checked_at: body.checked_at });
  expect((await shop.alice("GET", "/integrity")).status).toBe(403);
});

it("names what was tampered with, in the answer and in the metric", async () => {
  await shop.app.db`ALTER TABLE ledger.accounts DISABLE TRIGGER ALL`;
  const [stray] = await shop.app.db<{ id: bigint }[]>`
    INSERT INTO ledger.accounts (asset_id) SELECT id FROM ledger.assets WHERE code = 'UNIT' RETURNING id`;
  const { body } = await fresh();
  expect(body.clean).toBe(false);
  const stock = body.kinds.find((entry: { kind: string }) => entry.kind === "stock");
  expect(stock.differences).toMatchObject([
    { check: "stock_accounts", account_id: String(stray?.id), what: expect.stringContaining("counts units") },
  ]);
  await expect
    .poll(async () => (await fetch(`${shop.app.url}/metrics`)).text(), { timeout: 20_000 })
    .toMatch(/^integrity_differences\{kind="stock"\} 1$/m);
});
