// Replays a real shop's month through the public API: node examples/online-retail/payments.ts <csv>
// It may be stopped at any moment and run again. README.md beside it tells what it does.
import { openApi } from "./api.ts";
import { InputError } from "./input-error.ts";
import { openAccounts } from "./open-accounts.ts";
import { postMonth } from "./post-month.ts";
import { progressOf } from "./progress.ts";
import { describeSides, findDifference, readBack, type Side } from "./read-back.ts";
import { type Month, readMonth } from "./read-month.ts";
import { readSettings, runProgram } from "./read-settings.ts";

/** @throws InputError in words for the user */
async function replay(path: string | undefined): Promise<void> {
  if (path === undefined) throw new InputError("name the file: payments.ts <csv>");
  const settings = readSettings();
  const month = await readMonth(path);
  console.log(describeMonth(month));
  const api = await openApi(settings);
  const accounts = await openAccounts(api, month, progressOf("accounts"));
  await postMonth(month, { api, accounts, progressOf });
  const read = await readBack(month, { api, accounts, onProgress: progressOf("statements") });
  const file: Side = { name: "file", payments: month.payments, creditNotes: month.creditNotes };
  console.log(`\n${describeSides([file, ...read])}`);
  const difference = read.map((side) => findDifference(file, side)).find((found) => found !== undefined);
  if (difference !== undefined) throw new InputError(`the book differs from the file: ${difference}`);
}

function describeMonth({ lines, payments, creditNotes, adjustmentLines, roundedInvoices }: Month): string {
  const counts = [
    `${payments.length.toLocaleString("en-GB")} invoices`,
    `${creditNotes.length.toLocaleString("en-GB")} credit notes`,
    `${adjustmentLines.toLocaleString("en-GB")} lines that only correct the stock`,
  ];
  if (roundedInvoices > 0) counts.push(`${roundedInvoices} totals rounded to the penny, half to even`);
  return `${lines.toLocaleString("en-GB")} lines: ${counts.join(", ")}`;
}

await runProgram(() => replay(process.argv[2]));
