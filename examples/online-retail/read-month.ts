// Reads a shop's export, line by line, into what moves money: one payment per sales invoice, one credit note per
// invoice whose number begins with C. Only the invoices' totals are kept in memory, however long the file.
import { InputError } from "./input-error.ts";
import { readMillionths, toPennies } from "./pennies.ts";
import { isCreditNote, type Line, readInvoiceNumber, readLines, readQuantity } from "./read-lines.ts";

export interface Invoice {
  readonly number: string;
  /** The customer's number; "" where the file has none. */
  readonly customer: string;
  /** The total; positive for a credit note too. */
  readonly pennies: bigint;
  /** As the file has it: local time without an offset. */
  readonly issuedAt: string;
  readonly lines: number;
}

export interface Month {
  readonly payments: readonly Invoice[];
  readonly creditNotes: readonly Invoice[];
  readonly lines: number;
  /** Neither sold nor credited: corrections of stock, without a price. */
  readonly adjustmentLines: number;
  /** Invoices whose exact total had parts of a penny. */
  readonly roundedInvoices: number;
}

interface OpenInvoice {
  readonly customer: string;
  readonly issuedAt: string;
  millionths: bigint;
  lines: number;
}

/** @throws InputError naming the file, the line and what is wrong with it */
export async function readMonth(path: string): Promise<Month> {
  const invoices = new Map<string, OpenInvoice>();
  let adjustmentLines = 0;
  const lines = await readLines(path, (line) => {
    if (!addLine(invoices, line)) adjustmentLines += 1;
  });
  return { ...closeInvoices(invoices), lines, adjustmentLines };
}

/** Adds a line to its invoice; false where it is a correction of stock. */
function addLine(invoices: Map<string, OpenInvoice>, line: Line): boolean {
  const quantity = readQuantity(line.Quantity);
  const price = readMillionths(line.UnitPrice);
  if (!isCreditNote(line.InvoiceNo) && (quantity <= 0n || price <= 0n)) return false;
  const number = readInvoiceNumber(line.InvoiceNo);
  const { CustomerID: customer, InvoiceDate: issuedAt } = line;
  const invoice = invoices.get(number) ?? { customer, issuedAt, millionths: 0n, lines: 0 };
  if (invoice.customer !== customer) throw new InputError(`invoice ${number} names two customers`);
  invoice.millionths += quantity * price;
  invoice.lines += 1;
  invoices.set(number, invoice);
  return true;
}

function closeInvoices(
  invoices: ReadonlyMap<string, OpenInvoice>,
): Pick<Month, "payments" | "creditNotes" | "roundedInvoices"> {
  const payments: Invoice[] = [];
  const creditNotes: Invoice[] = [];
  let roundedInvoices = 0;
  for (const [number, { millionths, ...rest }] of invoices) {
    const isCredit = isCreditNote(number);
    const { pennies, exact } = toPennies(isCredit ? -millionths : millionths);
    if (!exact) roundedInvoices += 1;
    if (pennies < 0n) throw new InputError(`credit note ${number} takes money instead of returning it`);
    // Less than half a penny cannot be paid.
    if (pennies > 0n) (isCredit ? creditNotes : payments).push({ ...rest, number, pennies });
  }
  return { payments, creditNotes, roundedInvoices };
}
