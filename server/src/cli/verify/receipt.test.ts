import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDesk, STAFF, type TestDesk } from "../../../tests/desk.ts";
import { createSigner } from "../../modules/audit/checkpoints/signed-note.ts";
import { buildPostCommand } from "../../modules/banking/transactions/post-transactions.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "..", "bin", "countinghouse.mjs");

let folder: string;
let ground: TestDesk;
let transactionId: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-receipt-"));
  ground = await openTestDesk();
  const accountId = await ground.openAccount({ owner: "ada" });
  const asset = ground.assets.byCode("EUR");
  if (asset === undefined) throw new Error("no EUR");
  const deposit = { type: "deposit", accountId, amount: 725n, asset } as const;
  transactionId = (
    await ground.carryOut(
      buildPostCommand({ actor: STAFF, assets: ground.assets, risk: ground.risk }, deposit),
    )
  ).id;
});
afterAll(async () => {
  await ground.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env["PATH"] ?? "", ...settings };
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const code = await new Promise((done) => child.on("close", done));
  return { code, out, errors };
}

test("a receipt is written, and holds where there is no database; a changed one does not", async () => {
  const settings = { DB_URL: ground.databaseUrl, AUDIT_SIGNING_KEY: "07".repeat(32) };
  const written = await run(["receipt", transactionId, "--out", "receipt.json"], settings);
  const path = join(folder, "receipt.json");
  const said = `Wrote the receipt of transaction ${transactionId} (1 transfer) to ${path}.\n`;
  expect(written).toEqual({ code: 0, out: said, errors: "" });
  const verified = await run(["receipt", "verify", "receipt.json"]);
  expect(verified).toMatchObject({ code: 0, errors: "" });
  expect(verified.out).toContain(`Valid: transaction ${transactionId}`);
  expect(verified.out).toContain("7.25 EUR from account");
  const receipt = readFileSync(join(folder, "receipt.json"), "utf8");
  const key = JSON.parse(receipt).verifier_key;
  expect((await run(["receipt", "verify", "receipt.json", "--public-key", key])).out).not.toContain(
    "taken from",
  );
  writeFileSync(join(folder, "changed.json"), receipt.replace("725", "825"));
  expect(await run(["receipt", "verify", "changed.json"])).toMatchObject({
    code: 1,
    out: "NOT VALID: a transfer is not in the book that was signed.\n",
  });
});

test("F6-32 receipt --out says what it wrote, and where it could not", async () => {
  const settings = { DB_URL: ground.databaseUrl, AUDIT_SIGNING_KEY: "07".repeat(32) };
  const { out } = await run(["receipt", transactionId, "--out", "again.json", "--json"], settings);
  const path = join(folder, "again.json");
  expect(JSON.parse(out)).toEqual({ out: path, transaction_id: transactionId, transfer_count: 1 });
  const nowhere = await run(["receipt", transactionId, "--out", "no/such/folder.json"], settings);
  expect(nowhere).toMatchObject({
    code: 2,
    out: "",
    errors: expect.stringMatching(/^countinghouse: cannot write .*choose another --out\n$/),
  });
});
test("F6-27 a receipt that a shell saved in another encoding is told so", async () => {
  const settings = { DB_URL: ground.databaseUrl, AUDIT_SIGNING_KEY: "07".repeat(32) };
  const { out } = await run(["receipt", transactionId], settings);
  writeFileSync(join(folder, "utf16.json"), Buffer.from(`\uFEFF${out}`, "utf16le"));
  writeFileSync(join(folder, "bytes.json"), Buffer.from([0x7b, 0xe9, 0x7d]));
  const verified = (file: string) => run(["receipt", "verify", file]);
  expect(await verified("utf16.json")).toEqual({
    code: 2,
    out: "",
    errors: "countinghouse: utf16.json is UTF-16, not UTF-8, as it was written\n",
  });
  expect((await verified("bytes.json")).errors).toBe(
    "countinghouse: bytes.json is not UTF-8, as it was written\n",
  );
});
test("F6-32 receipt verify tells a malformed key from a wrong one", async () => {
  const settings = { DB_URL: ground.databaseUrl, AUDIT_SIGNING_KEY: "07".repeat(32) };
  await run(["receipt", transactionId, "--out", "keyed.json"], settings);
  const key: string = JSON.parse(readFileSync(join(folder, "keyed.json"), "utf8")).verifier_key;
  const check = (publicKey: string) => run(["receipt", "verify", "keyed.json", "--public-key", publicKey]);
  expect((await check(`${key}\n`)).code).toBe(0);
  for (const malformed of [
    "",
    "abc",
    key.slice(0, -4),
    key.replace("+", " "),
    `${key}x`,
    key.replace(/\+[0-9a-f]{8}\+/, "+00000000+"),
  ])
    expect(await check(malformed), malformed).toMatchObject({
      code: 2,
      out: "",
      errors: expect.stringContaining("--public-key is malformed: it must be a whole verifier key"),
    });
  const [name = ""] = key.split("+");
  const other = createSigner(name, Buffer.alloc(32, 9)).verifierKey;
  const wrong = await check(other);
  expect(wrong.code).toBe(1);
  expect(wrong.out).toMatch(
    /^NOT VALID: it is signed with another key \(id [0-9a-f]{8}\) than the given one \(id [0-9a-f]{8}\)\.\n$/,
  );
  const entries = createSigner(name.replace("transfers", "entries"), Buffer.alloc(32, 7)).verifierKey;
  expect((await check(entries)).out).toContain(
    "the key of the log countinghouse.local/transfers, and the given one is that of countinghouse.local/entries",
  );
});
test("what cannot be proven is said in one line", async () => {
  const settings = { DB_URL: ground.databaseUrl };
  expect((await run(["receipt", "12"], settings)).errors).toBe(
    "countinghouse: There is no completed transaction 12: nothing was moved that could be proven\n",
  );
  expect((await run(["receipt", "abc"], settings)).errors).toContain("not the id of a transaction");
  expect((await run(["receipt", "verify", "none.json"])).errors).toContain("cannot be read");
});
