import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../../tests/shop.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "..", "bin", "countinghouse.mjs");

let folder: string;
let shop: TestShop;
/** Oldest first, with as many lines each: 1, 2, 3. */
const orders: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-export-"));
  shop = await openTestShop();
  const thing = await shop.addProduct({ name: "=2+3", price: "9.99", initial_quantity: 100 });
  for (const count of [1, 2, 3]) {
    const items = Array.from({ length: count }, () => ({ product_id: thing.id, quantity: count }));
    const fields = { payment_method: "invoice", reference: "@home", metadata: { gift: true } };
    const { body } = await shop.alice("POST", "/orders", { body: { items, ...fields } });
    orders.push(body.id);
  }
  await shop.staff("POST", `/orders/${orders[0]}/steps`, { body: { to: "CONFIRMED" } });
});
afterAll(async () => {
  await shop?.app.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the real program in a folder of its own. */
function run(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env["PATH"] ?? "", DB_URL: shop.app.databaseUrl, ...settings };
  const child = spawn(process.execPath, [PROGRAM, "export", ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  return new Promise<{ code: number | null; out: string; errors: string }>((done) =>
    child.on("close", (code) => done({ code, out, errors })),
  );
}

it("exports orders, newest first, as CSV that a spreadsheet shows as it is meant", async () => {
  const { code, out } = await run(["orders", "--out", "./orders.csv"]);
  expect({ code, out }).toEqual({ code: 0, out: `Exported 3 orders to ${join(folder, "orders.csv")}.\n` });
  const rows = parse(readFileSync(join(folder, "orders.csv"), "utf8"), { columns: true });
  expect(rows.map((row) => (row as { id: string }).id)).toEqual(orders.toReversed());
  expect(rows[2]).toMatchObject({
    status: "CONFIRMED",
    customer_id: "alice",
    payment_method: "invoice",
    currency: "USD",
    coupon_code: "",
    discount: "0.00",
    net: "9.99",
    tax: "2.00",
    total: "11.99",
    reference: "'@home",
    metadata: '{"gift":true}',
  });
});

it("exports lines as JSON, with every text as it is", async () => {
  const { out } = await run(["order-lines", "--format", "json"]);
  const rows = JSON.parse(out);
  expect(rows).toHaveLength(6);
  expect(rows[0]).toMatchObject({
    order_id: orders[2],
    line: 1,
    name: "=2+3",
    quantity: 3,
    unit_price: "9.99",
    price_includes_tax: false,
    tax_rate: "0.2",
    total: "35.96",
    shipped: 0,
  });
});

it("chooses by status, customer and time", async () => {
  const count = async (...args: string[]) =>
    JSON.parse((await run(["orders", "--format", "json", ...args])).out).length;
  const counts = await Promise.all([
    count("--status", "CONFIRMED"),
    count("--customer", "bob"),
    count("--to", "2020-01-01"),
  ]);
  expect(counts).toEqual([1, 0, 0]);
  expect(await run(["orders", "--status", "LOST"])).toMatchObject({ code: 2 });
});

it("stops at MAX_EXPORT_ROWS behind a whole order, and the rest goes on from there", async () => {
  const limit = { MAX_EXPORT_ROWS: "4" };
  const first = await run(["order-lines", "--format", "ndjson"], limit);
  expect(first.code).toBe(3);
  expect(first.out.trimEnd().split("\n")).toHaveLength(3);
  const [, rest = ""] = /there are more; .* --to (\S+)\n$/.exec(first.errors) ?? [];
  const second = await run(["order-lines", "--format", "ndjson", "--to", rest], limit);
  expect(second.code).toBe(0);
  const lines = `${first.out}${second.out}`.trimEnd().split("\n");
  const ids = lines.map((line) => JSON.parse(line).order_id);
  expect(ids).toEqual([orders[2], orders[2], orders[2], orders[1], orders[1], orders[0]]);
  const none = await run(["order-lines"], { MAX_EXPORT_ROWS: "2" });
  expect(none).toMatchObject({ code: 3, errors: expect.stringContaining("there are more; raise it\n") });
});

it("F6-18: takes a date for a day of the shop", async () => {
  const created = (await shop.staff("GET", `/orders/${orders[0]}`)).body.created_at;
  const zone = "Pacific/Kiritimati";
  const day = Temporal.Instant.from(created).toZonedDateTimeISO(zone).toPlainDate();
  const next = day.add({ days: 1 }).toString();
  const countOf = async (span: readonly string[]) => {
    const { out } = await run(["orders", "--format", "ndjson", "--out", "-", ...span], {
      SHOP_TIME_ZONE: zone,
    });
    return out.trim().split("\n").filter(Boolean).length;
  };
  expect(await countOf(["--from", day.toString(), "--to", next])).toBe(3);
  expect(await countOf(["--to", day.toString()])).toBe(0);
  expect(await countOf(["--from", next])).toBe(0);
});
