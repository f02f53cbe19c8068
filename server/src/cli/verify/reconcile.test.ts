import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../tests/app.ts";
import { openTestDesk, type TestDesk } from "../../../tests/desk.ts";
import { openTestPayment } from "../../../tests/payments.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "..", "bin", "countinghouse.mjs");
const patiently = { timeout: 15_000, interval: 25 };
let folder: string;
let app: TestApp;
let bank: TestDesk;
let staff: string;
/** Payments of 12.00 EUR: whole, refunded 5.00, captured 10.00 of it, in dispute, refused. */
let paid: Record<"whole" | "refunded" | "part" | "disputed" | "refused", { id: number; reference: string }>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-reconcile-"));
  app = await startTestApp({ PAYMENT_POLL_MS: "25" });
  bank = await openTestDesk({ databaseUrl: app.databaseUrl });
  staff = await app.token("operator");
  const whole = await pay("tok_ok", "captured");
  const refunded = await pay("tok_ok", "captured");
  await act(`/payments/${refunded.id}/refunds`, { amount: "5.00" });
  const part = await pay("tok_ok", "authorized", "manual");
  await act(`/payments/${part.id}/capture`, { amount: "10.00" });
  const disputed = await pay("tok_dispute_lost", "refunded");
  const refused = await pay("tok_declined", "failed");
  paid = { whole, refunded, part, disputed, refused };
  for (const { id } of [refunded, part])
    await vi.waitFor(async () => expect((await read(id)).in_flight).toBe(false), patiently);
});
afterAll(async () => {
  await bank.close();
  await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

const read = async (id: number) => (await app.call("GET", `/api/v1/payments/${id}`, { token: staff })).body;
const act = (path: string, body: object) => app.call("POST", `/api/v1${path}`, { token: staff, body });
async function pay(token: string, status: string, captureMode: "manual" | "automatic" = "automatic") {
  const { id } = await openTestPayment(bank, { token, captureMode });
  await vi.waitFor(async () => expect((await read(id)).status).toBe(status), patiently);
  return { id, reference: String((await read(id)).provider_reference) };
}

function run(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const env = { PATH: process.env["PATH"] ?? "", DB_URL: app.databaseUrl };
  const child = spawn(process.execPath, [PROGRAM, "reconcile", "--provider", "sandbox", ...args], {
    cwd: folder,
    env,
  });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  return new Promise((done) => child.on("close", (code) => done({ code, out, errors })));
}
function write(name: string, rows: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, `\uFEFF${stringify([...rows], { header: true })}`);
  return path;
}

/** As Stripe's dashboard exports Payments: amounts in major units, currencies in small letters. */
function paymentLine(reference: string, amounts: readonly [string, string], more: object = {}): object {
  const [amount, refunded] = amounts;
  const time = { "Created date (UTC)": "2026-01-01 09:30" };
  const money = { Amount: amount, "Amount Refunded": refunded, Currency: "eur", Captured: "true" };
  const dispute = { "Disputed Amount": "", "Dispute Status": "" };
  return {
    id: `ch_${reference}`,
    ...time,
    ...money,
    Status: "Paid",
    "PaymentIntent ID": reference,
    ...dispute,
    ...more,
  };
}
const allPayments = () => [
  paymentLine(paid.whole.reference, ["12.00", "0.00"]),
  paymentLine(paid.refunded.reference, ["12.00", "5.00"], { Status: "Partially refunded" }),
  paymentLine(paid.part.reference, ["12.00", "2.00"]), // Stripe shows the rest of a partial capture as refunded
  paymentLine(paid.disputed.reference, ["12.00", "0"], {
    "Disputed Amount": "12.00",
    "Dispute Status": "lost",
  }),
  paymentLine(paid.refused.reference, ["12.00", ""], { Captured: "false", Status: "Failed" }),
];

it("finds that a list of payments agrees", async () => {
  const ended = await run("--file", write("good.csv", allPayments()));
  expect(ended, ended.errors).toMatchObject({ code: 0, errors: "" });
  expect(ended.out).toBe("4 matched, 0 missing, 0 extra, 0 different (5 lines read).\n");
});

it("names what is missing, extra and different, and ends with exit code 1", async () => {
  const [, refunded, ...others] = allPayments();
  const wrong = [
    { ...refunded, "Amount Refunded": "6.00" },
    ...others,
    paymentLine("pi_of_nobody", ["1.00", "0"]),
  ];
  const ended = await run("--file", write("wrong.csv", wrong), "--json");
  expect(ended.code).toBe(1);
  const { mismatches, ...rest } = JSON.parse(ended.out);
  expect(rest).toMatchObject({ clean: false, matched: 2, line_count: 5 });
  expect(mismatches).toMatchObject([
    { kind: "missing", payment_id: String(paid.whole.id), provider_reference: paid.whole.reference },
    {
      kind: "different",
      payment_id: String(paid.refunded.id),
      what: `payment ${paid.refunded.id} (${paid.refunded.reference}) differs: here 12.00 EUR captured, 5.00 refunded, there 12.00 EUR captured, 6.00 refunded`,
    },
    { kind: "extra", provider_reference: "pi_of_nobody", payment_id: null },
  ]);
});

it("reads the itemized balance report, whose lines are movements of a period", async () => {
  const line = (reporting_category: string, gross: string, payment_intent_id: string) => ({
    balance_transaction_id: "txn_1",
    created_utc: "2026-01-01 09:30:15",
    currency: "eur",
    gross,
    fee: "0.30",
    reporting_category,
    payment_intent_id,
  });
  const lines = [
    line("charge", "12.00", paid.whole.reference),
    line("charge", "12.00", paid.refunded.reference),
    line("refund", "-5.00", paid.refunded.reference),
    line("charge", "12.00", paid.part.reference),
    line("partial_capture_reversal", "-2.00", paid.part.reference),
    line("charge", "12.00", paid.disputed.reference),
    line("dispute", "-12.00", paid.disputed.reference),
    line("payout", "-30.00", ""),
  ];
  const ended = await run("--file", write("balance.csv", lines));
  expect(ended, ended.errors + ended.out).toMatchObject({ code: 0 });
  expect(ended.out).toContain("4 matched");
  const later = await run("--file", write("later.csv", lines.slice(0, 1)), "--to", "2026-01-02");
  expect(later.out).toContain("differs: here 0.00 EUR captured");
});

it("compares with the sandbox's own memory", async () => {
  const ended = await run();
  expect(ended, ended.errors).toMatchObject({
    code: 0,
    out: "5 matched, 0 missing, 0 extra, 0 different (5 lines read).\n",
  });
});

it("F6-27 a spreadsheet's UTF-16 with semicolons and decimal commas is read; what is ambiguous or no list is refused", async () => {
  const german = allPayments().map((line) =>
    Object.fromEntries(
      Object.entries(line).map(([column, value]) => [
        column,
        /Amount/.test(column) ? value.replace(".", ",") : value,
      ]),
    ),
  );
  const save = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return run("--file", join(folder, name));
  };
  const asCsv = (rows: readonly object[]) => stringify([...rows], { header: true, delimiter: ";" });
  const read = await save("german.csv", Buffer.from(`\uFEFF${asCsv(german)}`, "utf16le"));
  expect(read, read.errors).toMatchObject({ code: 0, out: expect.stringContaining("4 matched") });
  const refused = await save("thousands.csv", asCsv([{ ...german[0], Amount: "25,000" }]));
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.errors).toMatch(
    /^countinghouse: .*thousands\.csv line 2, column Amount: "25,000" is ambiguous: it may be 25000 or 25 and 0 thousandths; .*\n$/,
  );
  expect(await save("empty.csv", "id;name\n")).toMatchObject({
    code: 2,
    errors: expect.stringContaining("empty.csv has not the columns of an export"),
  });
});

it("tells what is wrong with a file", async () => {
  const [first] = allPayments();
  const cases: readonly (readonly [string, RegExp])[] = [
    [join(folder, "none.csv"), /cannot read .*none.csv/],
    [write("other.csv", [{ id: 1, name: "x" }]), /has not the columns of an export that can be reconciled/],
    [write("amount.csv", [{ ...first, Amount: "12,00 €" }]), /line 2, column Amount: "12,00 €" is no amount/],
    [write("currency.csv", [{ ...first, Currency: "xyz" }]), /line 2: there is no currency XYZ here/],
    [
      write("time.csv", [{ ...first, "Created date (UTC)": "yesterday" }]),
      /line 2, column Created date \(UTC\): "yesterday" is no time such as/,
    ],
  ];
  const ended = await Promise.all(cases.map(([file]) => run("--file", file)));
  for (const [index, { code, out, errors }] of ended.entries()) {
    expect({ code, out }, errors).toEqual({ code: 2, out: "" });
    expect(errors).toMatch(cases[index]?.[1] ?? "");
  }
});
