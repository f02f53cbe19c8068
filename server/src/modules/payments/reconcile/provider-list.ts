// Brings a provider's own list of its movements to one form: by payment, how much was captured, refunded and taken by
// disputes. Reads Stripe's two exports as a stream: Payments (one line per payment, in its current state) and the itemized
// balance report (one line per movement in a period).
import { type CsvFile, openCsv } from "../../../runtime/files/csv-file.ts";
import { TextFileError } from "../../../runtime/files/text-file.ts";
import type { Assets } from "../../ledger/index.ts";
import {
  amountOf,
  cellOf,
  type DecimalMark,
  flagOf,
  ListError,
  type ListLine,
  lineError,
  textOf,
  timeOf,
  unsignedOf,
} from "./list-line.ts";

/** A payment according to the provider. Amounts are minor units of our asset of the currency. */
export interface ListedPayment {
  /** The provider's id. */
  readonly reference: string;
  /** Ours, where the provider kept it for us. */
  readonly paymentId: number | undefined;
  readonly currency: string;
  capturedMinor: bigint;
  refundedMinor: bigint;
  /** Undefined where the list does not say. */
  disputedMinor: bigint | undefined;
}

export interface ProviderList {
  readonly payments: ReadonlyMap<string, ListedPayment>;
  /** Each line is a movement, so the list only covers its period. */
  readonly isOfMovements: boolean;
  /** Stamp of the earliest line; undefined where the list is empty. */
  readonly firstAt: number | undefined;
  readonly lineCount: number;
}

/** Collects lines into payments. */
interface Builder {
  readonly payments: Map<string, ListedPayment>;
  readonly scaleOf: (line: ListLine, currency: string) => number;
  firstAt: number | undefined;
  mark: DecimalMark | undefined;
}

interface Layout {
  readonly isOfMovements: boolean;
  readonly columns: readonly string[];
  readonly add: (builder: Builder, line: ListLine) => void;
}

/** The columns that identify a layout, in small letters. */
const LAYOUTS: readonly Layout[] = [
  {
    isOfMovements: false,
    columns: ["amount", "amount refunded", "captured", "currency"],
    add: addPaymentLine,
  },
  {
    isOfMovements: true,
    columns: ["reporting_category", "gross", "currency", "payment_intent_id"],
    add: addMovement,
  },
];

/** @throws ListError where the file has no known layout, or a line cannot be read or can be read in two ways */
export async function readProviderList(file: string, assets: Assets): Promise<ProviderList> {
  try {
    return await collect(await openCsv(file), assets);
  } catch (error) {
    if (error instanceof TextFileError) throw new ListError(error.message);
    throw error;
  }
}

async function collect({ columns, rows }: CsvFile, assets: Assets): Promise<ProviderList> {
  const layout = findLayout(columns);
  const written = Object.fromEntries(columns.map((column) => [column.toLowerCase(), column]));
  const scaleOf = (line: ListLine, currency: string) => {
    const asset = assets.byCode(currency);
    if (asset === undefined) throw lineError(line, `there is no currency ${currency} here`);
    return asset.scale;
  };
  const builder: Builder = { payments: new Map(), scaleOf, firstAt: undefined, mark: undefined };
  let lineCount = 0;
  for await (const { line: number, values } of rows) {
    lineCount++;
    const byColumn = columns.map((column, index) => [column.toLowerCase(), values[index] ?? ""]);
    layout.add(builder, { number, columns: written, values: Object.fromEntries(byColumn) });
  }
  const { payments, firstAt } = builder;
  return { payments, firstAt, lineCount, isOfMovements: layout.isOfMovements };
}

function findLayout(written: readonly string[]): Layout {
  const columns = written.map((column) => column.toLowerCase());
  const layout = LAYOUTS.find((each) => each.columns.every((column) => columns.includes(column)));
  if (layout === undefined) {
    const known = LAYOUTS.map((each) => each.columns.join(", ")).join("; or ");
    throw new ListError(
      `has not the columns of an export that can be reconciled: ${known}. Export Payments with all columns, or the itemized Balance change from activity with payment_intent_id`,
    );
  }
  const twice = written.find((name, index) => name !== "" && columns.indexOf(name.toLowerCase()) < index);
  if (twice !== undefined)
    throw new ListError(`has the column ${twice} twice: which of them counts cannot be told`);
  return layout;
}

/** A line of Payments: the payment's current state. Uncaptured money does not count yet. */
function addPaymentLine(builder: Builder, line: ListLine): void {
  const currency = textOf(line, "currency").toUpperCase();
  const reference = cellOf(line, "paymentintent id") || cellOf(line, "id");
  if (reference === undefined || reference === "")
    throw lineError(line, "it has neither id nor PaymentIntent ID");
  noteTime(builder, timeOf(line, ["created date (utc)", "created (utc)"]));
  if (!flagOf(line, "captured") || /^(failed|canceled)/i.test(cellOf(line, "status") ?? "")) return;
  const how = { scale: builder.scaleOf(line, currency), told: builder };
  const payment = paymentOf(builder, reference, { line, currency });
  textOf(line, "amount");
  payment.capturedMinor += unsignedOf(line, "amount", how);
  payment.refundedMinor += unsignedOf(line, "amount refunded", how);
  const status = cellOf(line, "dispute status");
  if (status === undefined || cellOf(line, "disputed amount") === undefined) return;
  const disputed = unsignedOf(line, "disputed amount", how);
  payment.disputedMinor = (payment.disputedMinor ?? 0n) + (status.toLowerCase() === "lost" ? disputed : 0n);
}

const CAPTURES = new Set(["charge", "charge_failure", "partial_capture_reversal"]);
const REFUNDS = new Set(["refund", "refund_failure"]);
const DISPUTES = new Set(["dispute", "dispute_reversal"]);

/** A line of the balance report: a movement. Payouts, fees and the like belong to no payment. */
function addMovement(builder: Builder, line: ListLine): void {
  const category = textOf(line, "reporting_category");
  const reference = cellOf(line, "payment_intent_id");
  const isOfPayment = CAPTURES.has(category) || REFUNDS.has(category) || DISPUTES.has(category);
  if (!isOfPayment || reference === undefined || reference === "") return;
  noteTime(builder, timeOf(line, ["created_utc", "created"]));
  const { amount, currency } = movedBy(builder, line);
  const payment = paymentOf(builder, reference, { line, currency });
  payment.disputedMinor ??= 0n;
  if (CAPTURES.has(category)) payment.capturedMinor += amount;
  else if (REFUNDS.has(category)) payment.refundedMinor -= amount;
  else payment.disputedMinor -= amount;
}

/** In the customer's currency where the report has it: `gross` is in the account's. The sign is that of `gross`. */
function movedBy(builder: Builder, line: ListLine): { amount: bigint; currency: string } {
  textOf(line, "gross");
  const own = textOf(line, "currency").toUpperCase();
  const gross = amountOf(line, "gross", { scale: builder.scaleOf(line, own), told: builder });
  const isForeign = ["customer_facing_amount", "customer_facing_currency"].every(
    (column) => (cellOf(line, column) ?? "") !== "",
  );
  if (!isForeign) return { amount: gross, currency: own };
  const currency = textOf(line, "customer_facing_currency").toUpperCase();
  const how = { scale: builder.scaleOf(line, currency), told: builder };
  const faced = amountOf(line, "customer_facing_amount", how);
  if (faced < 0n && gross > 0n)
    throw lineError(line, "gross and customer_facing_amount have different signs");
  return { amount: gross < 0n && faced > 0n ? -faced : faced, currency };
}

/** @throws ListError where another line of the payment is in another currency */
function paymentOf(
  { payments }: Builder,
  reference: string,
  { line, currency }: { line: ListLine; currency: string },
): ListedPayment {
  const known = payments.get(reference);
  if (known !== undefined && known.currency !== currency)
    throw lineError(line, `${reference} is in ${currency}, and on a line before in ${known.currency}`);
  if (known !== undefined) return known;
  const ours =
    cellOf(line, "countinghouse_payment (metadata)") ??
    cellOf(line, "payment_metadata[countinghouse_payment]") ??
    "";
  const paymentId = /^\d{1,16}$/.test(ours) ? Number(ours) : undefined;
  const nothing = { capturedMinor: 0n, refundedMinor: 0n, disputedMinor: undefined };
  const payment: ListedPayment = { reference, paymentId, currency, ...nothing };
  payments.set(reference, payment);
  return payment;
}

function noteTime(builder: Builder, at: number | undefined): void {
  if (at === undefined) return;
  builder.firstAt = builder.firstAt === undefined || at < builder.firstAt ? at : builder.firstAt;
}
