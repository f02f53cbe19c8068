import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { stringify } from "csv-stringify/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../tests/database.ts";
import { type Assets, loadAssets } from "../../ledger/index.ts";
import { readProviderList } from "./provider-list.ts";

let folder: string;
let database: TestDatabase;
let assets: Assets;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-lists-"));
  database = await createTestDatabase();
  assets = await loadAssets(database.db);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const asCsv = (rows: readonly object[], delimiter = ",") => stringify([...rows], { header: true, delimiter });

function read(content: string | Buffer) {
  const path = join(folder, "list.csv");
  writeFileSync(path, content);
  return readProviderList(path, assets);
}

/** As Stripe's dashboard exports Payments. */
function payment(reference: string, amount: string, more: object = {}) {
  return {
    id: `ch_${reference}`,
    "Created date (UTC)": "2026-01-01 09:30",
    Amount: amount,
    "Amount Refunded": "0.00",
    Currency: "eur",
    Captured: "true",
    Description: "",
    "PaymentIntent ID": reference,
    ...more,
  };
}
const PAYMENTS = [payment("pi_1", "1200.00"), payment("pi_2", "12.50", { "Amount Refunded": "5.00" })];
/** What a spreadsheet makes of it. */
const GERMAN = [
  payment("pi_1", "1.200,00", { "Amount Refunded": "0,00", Description: "Größe ½ déjà vu" }),
  payment("pi_2", "12,50", { "Amount Refunded": "5,00" }),
];

describe("a list in another writing", () => {
  const utf16be = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16();

  it.each<readonly [name: string, content: () => string | Buffer]>([
    ["UTF-8", () => asCsv(PAYMENTS)],
    ["UTF-8 with a mark", () => `\uFEFF${asCsv(PAYMENTS)}`],
    ["line ends of Windows", () => asCsv(PAYMENTS).replaceAll("\n", "\r\n")],
    ["line ends of the old Mac", () => asCsv(PAYMENTS).replaceAll("\n", "\r")],
    ["UTF-16, little end first", () => Buffer.from(`\uFEFF${asCsv(GERMAN, ";")}`, "utf16le")],
    ["UTF-16, big end first", () => utf16be(asCsv(GERMAN, "\t"))],
    ["UTF-16 without a mark", () => Buffer.from(asCsv(PAYMENTS, "\t"), "utf16le")],
    ["Latin-1", () => Buffer.from(asCsv(GERMAN, ";"), "latin1")],
    ["semicolons", () => asCsv(GERMAN, ";")],
    ["tabs", () => asCsv(GERMAN, "\t")],
    ["bars", () => asCsv(PAYMENTS, "|")],
    ["Excel's first line", () => `sep=;\r\n${asCsv(GERMAN, ";")}`],
    ["empty rows", () => `\n${asCsv(PAYMENTS)}\n,,,,,,,\n`],
    [
      "columns in another order and case",
      () =>
        asCsv(
          PAYMENTS.map(({ Amount, Currency, ...rest }) => ({
            CURRENCY: Currency,
            ...rest,
            " amount ": Amount,
          })),
        ),
    ],
  ])("F6-27 is recognized: %s", async (_, content) => {
    const { payments, lineCount, firstAt } = await read(content());
    expect(lineCount).toBe(2);
    expect(firstAt).toBe(Date.parse("2026-01-01T09:30:00Z") * 1_000);
    expect([...payments.values()]).toMatchObject([
      { reference: "pi_1", currency: "EUR", capturedMinor: 120_000n, refundedMinor: 0n },
      { reference: "pi_2", currency: "EUR", capturedMinor: 1_250n, refundedMinor: 500n },
    ]);
  });

  it("F6-27 is read in pieces, whatever falls on their edges", async () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      payment(`pi_${index}`, "1,50", { "Amount Refunded": "", Description: "é–😀" }),
    );
    const { payments } = await read(Buffer.from(`\uFEFF${asCsv(many, ";")}`, "utf16le"));
    expect(payments.size).toBe(3_000);
    expect(new Set([...payments.values()].map(({ capturedMinor }) => capturedMinor))).toEqual(
      new Set([150n]),
    );
    expect((await read(Buffer.from(asCsv(many, ";")))).payments.size).toBe(3_000);
  });
});

describe("a line that can be read in two ways", () => {
  const second = (more: object) => asCsv([payment("pi_1", "12.00"), payment("pi_2", "12.00", more)]);

  it.each<readonly [more: object, said: string]>([
    [
      { Amount: "25,000" },
      'line 3, column Amount: "25,000" is ambiguous: it may be 25000 or 25 and 0 thousandths',
    ],
    [{ Amount: "25.000" }, 'line 3, column Amount: "25.000" is ambiguous'],
    [{ Amount: "5,000", Currency: "jpy" }, 'line 3, column Amount: "5,000" is ambiguous'],
    [{ "Amount Refunded": "1,000" }, 'line 3, column Amount Refunded: "1,000" is ambiguous'],
    [{ Amount: "-10.00" }, 'line 3, column Amount: "-10.00" is below zero'],
    [{ Amount: "(10.00)" }, 'line 3, column Amount: "(10.00)" is below zero'],
    [{ Amount: "12,00" }, 'line 3, column Amount: "12,00" has "," before its decimals, and line 2 has "."'],
    [{ Amount: "12.00 EUR" }, 'line 3, column Amount: "12.00 EUR" is no amount'],
    [{ Amount: "12.345" }, 'line 3, column Amount: "12.345" is ambiguous'],
    [
      { Amount: "1234.567" },
      'line 3, column Amount: "1234.567" has more than the 2 decimals of its currency',
    ],
    [{ Amount: "" }, "line 3: there is no amount"],
    [{ Captured: "WAHR" }, 'line 3, column Captured: "WAHR" must be true or false'],
    [
      { "Created date (UTC)": "21/11/2026" },
      'line 3, column Created date (UTC): "21/11/2026" is no time such as',
    ],
    [{ Currency: "xyz" }, "line 3: there is no currency XYZ here"],
    [{ "PaymentIntent ID": "", id: "" }, "line 3: it has neither id nor PaymentIntent ID"],
    [{ "PaymentIntent ID": "pi_1", Currency: "usd" }, "line 3: pi_1 is in USD, and on a line before in EUR"],
    [{ Description: "two\nlines", Amount: "x" }, 'line 3, column Amount: "x"'],
  ])("F6-27 is refused by line and column: %j", async (more, said) => {
    await expect(read(second(more))).rejects.toThrow(said);
  });

  it("F6-27 is counted by the file's lines, also after a value with line breaks", async () => {
    const content = asCsv([payment("pi_1", "12.00", { Description: "two\nlines" }), payment("pi_2", "x")]);
    await expect(read(content)).rejects.toThrow('line 4, column Amount: "x"');
    await expect(read(`sep=,\n${content}`)).rejects.toThrow('line 5, column Amount: "x"');
  });

  it("F6-27 what the file itself makes plain is taken: three decimals of a currency that has them, a point before them", async () => {
    const { payments } = await read(
      asCsv([payment("pi_1", "25.000", { Currency: "kwd", "Amount Refunded": "" })]),
    );
    expect(payments.get("pi_1")?.capturedMinor).toBe(25_000n);
  });
});

describe("a file that is no list", () => {
  const header = asCsv(PAYMENTS).split("\n")[0] ?? "";

  it.each<readonly [said: string, content: string | Buffer]>([
    ["is empty", ""],
    ["is empty", "\uFEFF\n\n"],
    ["is empty", "sep=;\n"],
    ["has not the columns of an export that can be reconciled", "id,name\n"],
    ["has not the columns of an export that can be reconciled", "id,name\n1,x\n"],
    ["has not the columns", `${header.replace("Amount,", "Betrag,")}\n`],
    ["has the column amount twice", `${header},amount\n`],
    ["is no CSV: Invalid Record Length", `${header}\nch_1,2026-01-01\n`],
    ["is no CSV: ", `${header}\n"ch_1,2026-01-01\n`],
    ["is no text but a file of the kind zip", Buffer.from("PK\u0003\u0004".padEnd(200, "\u0001"), "latin1")],
    ["is no text but a file of the kind gz", gzipSync(asCsv(PAYMENTS))],
    ["is UTF-32", Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), Buffer.alloc(40, 1)])],
    ["is no text: it holds zeros", Buffer.from(`${header}\n\0\0\0\u0001`)],
    ["is not whole: it begins as UTF-16", Buffer.from(`\uFEFF${asCsv(PAYMENTS)}`, "utf16le").subarray(0, -1)],
    [
      "is not whole: it begins as UTF-8",
      Buffer.concat([Buffer.from(`\uFEFF${header}\n`), Buffer.from([0xe9])]),
    ],
  ])("F6-27 is named: %s", async (said, content) => {
    await expect(read(content)).rejects.toThrow(said);
  });

  it("F6-27 has its columns and no line: there is nothing in it", async () => {
    expect(await read(`${header}\n`)).toMatchObject({
      lineCount: 0,
      firstAt: undefined,
      isOfMovements: false,
    });
  });

  it("F6-27 is a folder, or not there", async () => {
    await expect(readProviderList(folder, assets)).rejects.toThrow("cannot be read (EISDIR");
    await expect(readProviderList(join(folder, "none"), assets)).rejects.toThrow("cannot be read (ENOENT");
  });
});

describe("a movement of the balance report", () => {
  const line = (reporting_category: string, gross: string, more: object = {}) => ({
    created_utc: "2026-01-01 09:30:15",
    currency: "eur",
    gross,
    reporting_category,
    payment_intent_id: "pi_1",
    customer_facing_amount: "",
    customer_facing_currency: "",
    ...more,
  });
  const refundedBy = async (refund: object) => {
    const { payments } = await read(asCsv([line("charge", "12.00"), refund]));
    return payments.get("pi_1")?.refundedMinor;
  };

  it.each(["-5.00", "−5.00", "(5.00)", "5.00-"])(
    "F6-27 has the sign that it is written with: %s",
    async (gross) => {
      expect(await refundedBy(line("refund", gross))).toBe(500n);
    },
  );

  it("F6-27 is not turned round where its sign is missing or contradicts itself", async () => {
    expect(await refundedBy(line("refund", "5.00"))).toBe(-500n); // and so differs from what is booked
    const faced = (customer_facing_amount: string) => ({
      customer_facing_amount,
      customer_facing_currency: "eur",
    });
    expect(await refundedBy(line("refund", "-5.00", faced("5.00")))).toBe(500n);
    expect(await refundedBy(line("refund", "-5.00", faced("-5.00")))).toBe(500n);
    await expect(refundedBy(line("charge", "5.00", faced("-5.00")))).rejects.toThrow(
      "line 3: gross and customer_facing_amount have different signs",
    );
  });
});
