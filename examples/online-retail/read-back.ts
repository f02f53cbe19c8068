// Reads the book back through the statements of both sides, the shop's and the customers', and holds it against the file.
import type { Api } from "./api.ts";
import type { Accounts } from "./open-accounts.ts";
import { readPennies, showPennies, sumPennies } from "./pennies.ts";
import type { Month } from "./read-month.ts";
import { type Progress, runMany } from "./run-many.ts";

/** Money that an invoice moved, by the invoice's number. */
export interface Movement {
  readonly number: string;
  readonly pennies: bigint;
}

/** What one side says happened: the file, or statements. */
export interface Side {
  readonly name: string;
  readonly payments: readonly Movement[];
  readonly creditNotes: readonly Movement[];
}

interface Entry {
  readonly direction: "debit" | "credit";
  readonly amount: string;
  readonly reference: string | null;
}

/** Entries that belong to none of the file's invoices (deposits, other months) are left out. */
export async function readBack(
  month: Month,
  { api, accounts, onProgress }: { api: Api; accounts: Accounts; onProgress: Progress },
): Promise<Side[]> {
  const ids = [...accounts.idOfCustomer.values()];
  const ofCustomers = await runMany(ids, (id) => readStatement(api, id), onProgress);
  const sort = (entries: readonly Entry[], paid: Entry["direction"]) => ({
    payments: pick(entries, month.payments, { direction: paid }),
    creditNotes: pick(entries, month.creditNotes, { direction: paid === "debit" ? "credit" : "debit" }),
  });
  return [
    { name: "shop's statement", ...sort(await readStatement(api, accounts.shopId), "credit") },
    { name: "customers' statements", ...sort(ofCustomers.flat(), "debit") },
  ];
}

function readStatement(api: Api, accountId: string): Promise<Entry[]> {
  return api.list(`/accounts/${accountId}/statement`, { order: "asc", limit: "1000" });
}

function pick(
  entries: readonly Entry[],
  invoices: readonly Movement[],
  { direction }: Pick<Entry, "direction">,
): Movement[] {
  const numbers = new Set(invoices.map((invoice) => invoice.number));
  return entries.flatMap((entry) =>
    entry.direction === direction && entry.reference !== null && numbers.has(entry.reference)
      ? [{ number: entry.reference, pennies: readPennies(entry.amount) }]
      : [],
  );
}

/** What of the file is not exactly once in the statements, in words; undefined where all of it is. */
export function findDifference(file: Side, side: Side): string | undefined {
  for (const list of ["payments", "creditNotes"] as const) {
    const found = Map.groupBy(side[list], (movement) => movement.number);
    for (const { number, pennies } of file[list]) {
      const amounts = (found.get(number) ?? []).map((movement) => showPennies(movement.pennies));
      if (amounts.length === 1 && amounts[0] === showPennies(pennies)) continue;
      const booked = amounts.length === 0 ? "not at all" : amounts.join(" and ");
      return `invoice ${number} is ${showPennies(pennies)} in the file and ${booked} in the ${side.name}`;
    }
  }
  return undefined;
}

/** The five figures of every side, one side a column. */
export function describeSides(sides: readonly Side[]): string {
  const rows: readonly (readonly [string, (side: Side) => string])[] = [
    ["", (side) => side.name],
    ["payments", (side) => side.payments.length.toLocaleString("en-GB")],
    ["paid, GBP", (side) => showPennies(sumPennies(side.payments))],
    ["credit notes", (side) => side.creditNotes.length.toLocaleString("en-GB")],
    ["returned, GBP", (side) => showPennies(sumPennies(side.creditNotes))],
    ["kept, GBP", (side) => showPennies(sumPennies(side.payments) - sumPennies(side.creditNotes))],
  ];
  return rows
    .map(([label, show]) => `${label.padEnd(14)}${sides.map((side) => show(side).padStart(24)).join("")}`)
    .join("\n");
}
