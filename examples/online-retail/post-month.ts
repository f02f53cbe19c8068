// Posts the month: deposits, then the invoices' payments, then the credit notes, each once, however often this runs.
//
// Two things together keep it once: the Idempotency-Key, which also covers a request whose answer was never seen, and,
// because the server forgets keys after some days, a look at the account for the reference.
import type { Api } from "./api.ts";
import type { Accounts } from "./open-accounts.ts";
import { sumPennies, writePennies } from "./pennies.ts";
import type { Invoice, Month } from "./read-month.ts";
import { type Progress, runMany } from "./run-many.ts";

export interface PostingOptions {
  readonly api: Api;
  readonly accounts: Accounts;
  readonly progressOf: (what: string) => Progress;
}

interface Posting {
  readonly type: "deposit" | "transfer";
  readonly from: string;
  readonly to?: string;
  readonly pennies: bigint;
  readonly reference: string;
  readonly metadata?: Readonly<Record<string, string | number>>;
}

/** The shop is paid before it pays back, so that no credit note lacks the money. */
export async function postMonth(month: Month, options: PostingOptions): Promise<void> {
  const { api, accounts, progressOf } = options;
  const steps: readonly (readonly [string, Posting[]])[] = [
    ["deposits", listDeposits(month, accounts)],
    ["payments", month.payments.map((invoice) => describePayment(invoice, accounts))],
    ["credit notes", month.creditNotes.map((invoice) => describeCreditNote(invoice, accounts))],
  ];
  for (const [what, postings] of steps) {
    await runMany(postings, (posting) => postOnce(api, accounts, posting), progressOf(what));
  }
}

async function postOnce(api: Api, accounts: Accounts, posting: Posting): Promise<void> {
  const { type, from, to, pennies, reference, metadata } = posting;
  if (!accounts.isFirstRun && (await isPosted(api, posting))) return;
  await api.post("/transactions", `online-retail-${from}-${reference}`, {
    type,
    account_id: from,
    ...(to === undefined ? {} : { to_account_id: to }),
    amount: writePennies(pennies),
    currency: "GBP",
    reference,
    ...(metadata === undefined ? {} : { metadata }),
  });
}

async function isPosted(api: Api, { from, reference }: Posting): Promise<boolean> {
  const query = { account_id: from, reference, status: "COMPLETED" };
  return (await api.list("/transactions", query)).length > 0;
}

/** What each customer is going to pay; and for the shop what it is going to return beyond that, which is rare. */
function listDeposits(month: Month, accounts: Accounts): Posting[] {
  const invoicesOf = Map.groupBy(month.payments, (invoice) => idOf(invoice, accounts));
  const missing = sumPennies(month.creditNotes) - sumPennies(month.payments);
  const deposits = [...invoicesOf].map(([id, invoices]) =>
    describeDeposit(id, invoices, sumPennies(invoices)),
  );
  return missing > 0n
    ? [...deposits, describeDeposit(accounts.shopId, month.creditNotes, missing)]
    : deposits;
}

/** Named after the first and last invoice that it is for: another month is another deposit. */
function describeDeposit(from: string, invoices: readonly Invoice[], pennies: bigint): Posting {
  const reference = `deposit-${invoices.at(0)?.number}-${invoices.at(-1)?.number}`;
  return { type: "deposit", from, pennies, reference };
}

function describePayment(invoice: Invoice, accounts: Accounts): Posting {
  return { ...describeTransfer(invoice), from: idOf(invoice, accounts), to: accounts.shopId };
}

function describeCreditNote(invoice: Invoice, accounts: Accounts): Posting {
  return { ...describeTransfer(invoice), from: accounts.shopId, to: idOf(invoice, accounts) };
}

function describeTransfer({ number, pennies, issuedAt, lines }: Invoice) {
  return { type: "transfer" as const, pennies, reference: number, metadata: { issued_at: issuedAt, lines } };
}

function idOf({ customer, number }: Invoice, accounts: Accounts): string {
  const id = accounts.idOfCustomer.get(customer);
  if (id === undefined) throw new Error(`no account was opened for the customer of invoice ${number}`);
  return id;
}
