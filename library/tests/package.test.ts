// The package as its users get it: packed, installed into an empty project, and used as its README says, on Node 20.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../../server/tests/architecture/source-files.ts";
import { findNode20, pathWithoutOurs, QUIET_NPM } from "../../server/tests/documents/node-20.ts";
import { makeVendorToken, startVendor, type Vendor } from "../../server/tests/servers/vendor.ts";
import { openTestShop, type TestShop } from "../../server/tests/shop.ts";

const run = promisify(execFile);
const README = readFileSync(join(ROOT, "library", "README.md"), "utf8");

let folder: string;
let project: string;
let node20: string;
let shop: TestShop;
let vendor: Vendor;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-package-"));
  project = join(folder, "project");
  mkdirSync(project);
  [shop, vendor, node20] = await Promise.all([
    openTestShop(),
    startVendor(),
    findNode20(join(folder, "node")),
  ]);
  await run("npm", ["pack", "--workspace", "@countinghouse/library", "--pack-destination", folder], {
    cwd: ROOT,
    env: { ...process.env, ...QUIET_NPM },
  });
  const [packed] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  await npm(["install", join(folder, packed ?? "")], project);
}, 300_000);
afterAll(async () => {
  await shop?.app.stop();
  await vendor?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As with the Node that is tried, and none of this checkout's programs. */
const npm = (args: readonly string[], cwd: string) =>
  run("npm", [...args, "--prefer-offline"], {
    cwd,
    env: { ...process.env, ...QUIET_NPM, PATH: `${dirname(node20)}${delimiter}${pathWithoutOurs()}` },
  });

async function describeSettings(): Promise<Record<string, string>> {
  await shop.addProduct({
    sku: "WH-001",
    name: "Wireless Headphones",
    price: "299.99",
    initial_quantity: 50,
  });
  await shop.openAccount("ada");
  return {
    COUNTINGHOUSE_URL: shop.app.url,
    COUNTINGHOUSE_TOKEN: await shop.app.token("admin"),
    CUSTOMER_TOKEN: await shop.app.token("customer", "ada"),
    JWT_SECRET_KEY: "your-secret-key",
    VENDOR_API_URL: vendor.url,
    VENDOR_API_TOKEN: makeVendorToken(),
    TAX_RATE_DEFAULT: "0.20",
    REQUEST_TIMEOUT: "5",
  };
}

const blocks = [...README.matchAll(/^```js\n([\s\S]+?)^```$/gm)].map(([, code = ""]) => code);

it("F6-34, F6-30: packed and installed into an empty project, it does on Node 20 what its README says, twice", async () => {
  writeFileSync(join(project, "readme.js"), blocks.join("\n"));
  const settings = await describeSettings();
  const env = { PATH: process.env["PATH"] ?? "", ...settings };
  const expected = blocks.flatMap((code) =>
    [...code.matchAll(/\/\/ => (.+)$/gm)].map(([, text = ""]) => text),
  );
  for (const walk of ["first", "second"]) {
    const { stdout, stderr } = await run(node20, ["readme.js"], { cwd: project, env });
    const told = stdout.trimEnd().split("\n");
    expect(told).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(told[index], walk).toContain(text);
    expect(stderr).toContain("CountinghouseWarning: JWT_SECRET_KEY is too easy to guess");
  }
  const { body } = await shop.staff("GET", "/orders?reference=order-17");
  expect(body.items).toMatchObject([{ status: "CONFIRMED", total: "719.98", customer_id: "ada" }]);
}, 120_000);

const RIGHT = `
import { AuditLogger, OrderProcessor, type OrderResult, PasswordManager, processSecureTransaction, TokenManager, VendorApiClient, verifyReceipt } from "@countinghouse/library";
const there: boolean = await new VendorApiClient({ url: "http://localhost", token: "t" }).checkAvailability("A");
const orders = new OrderProcessor({ paymentMethod: "balance", accountId: "1" });
const done: OrderResult = await orders.processOrder({ id: 1, item_id: "A", price: "1.00", qty: there ? 1 : 2, amount: 1 });
const total: string = orders.calculateTotal(1, 2);
const { tx_id }: { tx_id: string } = await processSecureTransaction("ada", total);
const token: string = await new TokenManager({ secret: tx_id }).createAccessToken("ada", "customer");
const hash: string = (await new AuditLogger().logLoginSuccess("ada", { token })).hash;
const stored: string = await new PasswordManager().hashPassword(hash);
const verdict = verifyReceipt(stored);
export const reason: string | null = verdict.valid ? done.order_id : verdict.reason;
`;
const WRONG = `
import { OrderProcessor, TokenManager, VendorApiClient } from "@countinghouse/library";
new OrderProcessor().processOrder({ id: "1", item_id: 1, price: "1", qty: "2" });
new TokenManager().createAccessToken("ada", "king");
export const available: string = await new VendorApiClient().checkAvailability("A");
`;

it("F6-34: its types are strict, and those of what it gives", async () => {
  const options = { strict: true, noEmit: true, module: "nodenext", target: "es2023", types: [] };
  const check = async (name: string, code: string) => {
    writeFileSync(join(project, `${name}.ts`), code);
    const config = join(project, "tsconfig.json");
    writeFileSync(config, JSON.stringify({ compilerOptions: options, files: [`${name}.ts`] }));
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc6");
    const { stdout } = await run(process.execPath, [compiler, "-p", config]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  };
  expect(await check("right", RIGHT)).toBe("");
  const told = (await check("wrong", WRONG)).match(/error TS\d+/g);
  expect(told).toEqual(["error TS2322", "error TS2345", "error TS2322"]);
}, 120_000);

it("F6-34: it brings what it needs and nothing of the server", async () => {
  const files = readdirSync(join(project, "node_modules", "@countinghouse", "library"), {
    recursive: true,
  }).map(String);
  expect(files.toSorted()).toEqual(
    [
      "README.md",
      "dist",
      "dist/common-passwords.txt",
      "dist/index.d.ts",
      "dist/index.js",
      "package.json",
    ].toSorted(),
  );
  const code = readFileSync(
    join(project, "node_modules", "@countinghouse", "library", "dist", "index.js"),
    "utf8",
  );
  const imported = [...code.matchAll(/^import .* from "([^"]+)";$/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => !name.startsWith("node:"));
  expect([...new Set(imported)].toSorted()).toEqual([
    "@node-rs/argon2",
    "cockatiel",
    "jose",
    "typebox",
    "typebox/value",
  ]);
});
