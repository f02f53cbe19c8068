import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startTestApp } from "../../server/tests/app.ts";
import { shareInFile } from "../../server/tests/share-in-file.ts";

const SCRIPT = join(import.meta.dirname, "flow.sh");

const app = await shareInFile(startTestApp());

async function runFlow(): Promise<{ code: number; answers: { readonly [field: string]: unknown }[] }> {
  const env = { ...process.env, COUNTINGHOUSE_URL: app.url };
  const run = await promisify(execFile)("bash", [SCRIPT], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  const answers = run.stdout.split("\n").filter((line) => line.startsWith("{"));
  return { code: run.code, answers: answers.map((line) => JSON.parse(line)) };
}

it("makes a shop's first sale, from registration to the list of orders", async () => {
  const { code, answers } = await runFlow();
  expect(code).toBe(0);
  const [user, category, product, order, list] = answers;
  expect(user).toMatchObject({ username: "testuser", roles: ["admin"] });
  expect(category).toMatchObject({ id: 1, name: "Electronics" });
  expect(product).toMatchObject({ id: 1, sku: "WH-001", price: "299.99", category_id: 1, in_stock: true });
  expect(order).toMatchObject({
    net: "599.98",
    tax: "120.00",
    total: "719.98",
    payment_method: "credit_card",
  });
  expect(list).toMatchObject({
    items: [{ id: order?.["id"], total: "719.98", items: [{ sku: "WH-001", quantity: 2 }] }],
    next_cursor: null,
  });
  const token = await app.token("admin");
  await expect
    .poll(async () => (await app.call("GET", `/api/v1/orders/${order?.["id"]}`, { token })).body)
    .toMatchObject({ status: "CONFIRMED", payment_status: "captured", items: [{ quantity: 2 }] });
  const stock = await app.call("GET", "/api/v1/stock/1", { token });
  expect(stock.body).toMatchObject({ on_hand: 50, reserved: 2, available: 48 });
});

it("ends with the server's words where a step is refused", async () => {
  const { code, answers } = await runFlow();
  expect(code).not.toBe(0);
  expect(answers).toMatchObject([{ status: 409, code: "username_taken" }]);
});
