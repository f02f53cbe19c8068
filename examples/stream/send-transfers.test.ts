import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../server/tests/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ STREAM_CREDIT: "16", RISK_RULES: "[]" });
});
afterAll(() => app?.stop());

it("sends transfers on a stream, and each of them once however often it is run", async () => {
  const token = await app.token("admin");
  const openAccount = async () => {
    const account = { owner_id: "ada", external_owner: true, currency: "EUR" };
    return (await app.send(token, "POST /accounts", account)).body.id as string;
  };
  const [from, to] = [await openAccount(), await openAccount()];
  await app.send(token, "POST /transactions", {
    type: "deposit",
    account_id: from,
    amount: "5.00",
    currency: "EUR",
  });
  const run = async () => {
    const program = join(import.meta.dirname, "send-transfers.ts");
    const url = `${app.url.replace("http", "ws")}/api/v1/stream`;
    const { stdout } = await promisify(execFile)(process.execPath, [program, url, token, from, to, "200"]);
    return stdout.trim();
  };
  expect(await run()).toBe("posted: 200");
  expect(await run()).toBe("posted: 200");
  expect((await app.send(token, `GET /accounts/${to}/balance`)).body.balance).toBe("2.00");
});
