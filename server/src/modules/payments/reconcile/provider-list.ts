// A provider's own list of what it moved, brought to one form: by payment, how much was captured, refunded and taken by
// disputes. Reads Stripe's two exports as a stream: Payments (one line a payment, as it stands) and the itemized balance
// report (one line a movement, of a period).
import { createReadStream } from "node:fs";
import { CsvError, parse } from "csv-parse";
import { parseAmount } from "../../../values/money.ts";
import { ownOf } from "../../../values/own-of.ts";
import { parseStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";

/** A payment as the provider has it. Amounts are minor units of our asset of the currency. */
export interface ListedPayment {
  /** The provider's id. */
  readonly reference: string;
  /** Ours, where the provider kept it for us. */
  readonly paymentId: number | undefined;
  readonly currency: string;
  capturedMinor: bigint;
  refundedMinor: bigint;
  /** Undefined where the list does not tell. */
  disputedMinor: bigint | undefined;
}

export interface ProviderList {
  readonly payments: ReadonlyMap<string, ListedPayment>;
  /** Each line is a movement, so that the list has those of its period alone. */
  readonly isOfMovements: boolean;
  /** Stamp of the earliest line; undefined where the list is empty. */
  readonly firstAt: number | undefined;
  readonly lineCount: number;
}

/** What is wrong with a file, with its line where there is one. */
export class ListError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ListError";
  }
}

type Line = Readonly<Record<string, string>>;

/** Collects lines into payments. */
interface Builder {
  readonly payments: Map<string, ListedPayment>;
  firstAt: number | undefined;
}

interface Layout {
  readonly isOfMovements: boolean;
  readonly columns: readonly string[];
  readonly add: (builder: Builder, line: Line, scaleOf: (currency: string) => number) => void;
}

/** The columns that a layout is told by, in small letters. */
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

/** @throws ListError where the file is none of the known ones, or a line of it cannot be read */
export async function readProviderList(file: string, assets: Assets): Promise<ProviderList> {
  const builder: Builder = { payments: new Map(), firstAt: undefined };
  let layout: Layout | undefined;
  let lineCount = 0;
  const lines = createReadStream(file).pipe(
    parse({
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      trim: true,
    }),
  );
  try {
    for await (const line of lines as AsyncIterable<Line>) {
      lineCount++;
      layout ??= findLayout(Object.keys(line));
      const scaleOf = (currency: string) => {
        const asset = assets.byCode(currency);
        if (asset === undefined) throw new ListError(`there is no currency ${currency} here`);
        return asset.scale;
      };
      try {
        layout.add(builder, line, scaleOf);
      } catch (error) {
        if (error instanceof ListError) throw new ListError(`line ${lineCount + 1}: ${error.message}`);
        throw error;
      }
    }
  } catch (error) {
    if (error instanceof CsvError) throw new ListError(`is no CSV: ${error.message}`);
    throw error;
  }
  return { ...builder, lineCount, isOfMovements: layout?.isOfMovements ?? false };
}

function findLayout(columns: readonly string[]): Layout {
  const layout = LAYOUTS.find((each) => each.columns.every((column) => columns.includes(column)));
  if (layout !== undefined) return layout;
  const known = LAYOUTS.map((each) => each.columns.join(", ")).join("; or ");
  throw new ListError(
    `has not the columns of an export that can be reconciled: ${known}. Export Payments with all columns, or the itemized Balance change from activity with payment_intent_id`,
  );
}

/** A line of Payments: the payment as it stands. What was not captured is no money yet. */
function addPaymentLine(builder: Builder, line: Line, scaleOf: (currency: string) => number): void {
  const currency = textOf(line, "currency").toUpperCase();
  const reference = line["paymentintent id"] || line["id"];
  if (reference === undefined || reference === "") throw new ListError("has neither id nor PaymentIntent ID");
  noteTime(builder, line["created date (utc)"] ?? line["created (utc)"]);
  if (line["captured"]?.toLowerCase() !== "true" || /^(failed|canceled)/i.test(line["status"] ?? "")) return;
  const scale = scaleOf(currency);
  const payment = paymentOf(builder, reference, { line, currency });
  payment.capturedMinor += amountOf(line, "amount", scale);
  payment.refundedMinor += amountOf(line, "amount refunded", scale);
  if (line["dispute status"] === undefined || line["disputed amount"] === undefined) return;
  const isLost = line["dispute status"].toLowerCase() === "lost";
  payment.disputedMinor =
    (payment.disputedMinor ?? 0n) + (isLost ? amountOf(line, "disputed amount", scale) : 0n);
}

const CAPTURES = new Set(["charge", "charge_failure", "partial_capture_reversal"]);
const REFUNDS = new Set(["refund", "refund_failure"]);
const DISPUTES = new Set(["dispute", "dispute_reversal"]);

/** A line of the balance report: a movement. Payouts, fees and the like are no payment's. */
function addMovement(builder: Builder, line: Line, scaleOf: (currency: string) => number): void {
  const category = textOf(line, "reporting_category");
  const reference = line["payment_intent_id"];
  const isOfPayment = CAPTURES.has(category) || REFUNDS.has(category) || DISPUTES.has(category);
  if (!isOfPayment || reference === undefined || reference === "") return;
  noteTime(builder, line["created_utc"] ?? line["created"]);
  const { amount, currency } = movedBy(line, scaleOf);
  const payment = paymentOf(builder, reference, { line, currency });
  payment.disputedMinor ??= 0n;
  if (CAPTURES.has(category)) payment.capturedMinor += amount;
  else if (REFUNDS.has(category)) payment.refundedMinor -= amount;
  else payment.disputedMinor -= amount;
}

/** In the customer's currency where the report tells it: `gross` is in that of the account. Its sign is that of `gross`. */
function movedBy(line: Line, scaleOf: (currency: string) => number): { amount: bigint; currency: string } {
  const isForeign =
    (line["customer_facing_amount"] ?? "") !== "" && (line["customer_facing_currency"] ?? "") !== "";
  const [column, unit] = isForeign
    ? ["customer_facing_amount", "customer_facing_currency"]
    : ["gross", "currency"];
  const currency = textOf(line, unit).toUpperCase();
  const amount = amountOf(line, column, scaleOf(currency));
  const isOut = textOf(line, "gross").startsWith("-");
  return { amount: isOut ? -amount : amount, currency };
}

function paymentOf(
  { payments }: Builder,
  reference: string,
  { line, currency }: { line: Line; currency: string },
): ListedPayment {
  const known = payments.get(reference);
  if (known !== undefined) return known;
  const ours =
    line["countinghouse_payment (metadata)"] ?? line["payment_metadata[countinghouse_payment]"] ?? "";
  const paymentId = /^\d{1,16}$/.test(ours) ? Number(ours) : undefined;
  const nothing = { capturedMinor: 0n, refundedMinor: 0n, disputedMinor: undefined };
  const payment: ListedPayment = { reference, paymentId, currency, ...nothing };
  payments.set(reference, payment);
  return payment;
}

function textOf(line: Line, column: string): string {
  const text = ownOf(line, column);
  if (text === undefined || text === "") throw new ListError(`has no ${column}`);
  return text;
}

/** Without its sign; nothing is 0. A comma is taken for the point: Stripe writes no thousands. */
function amountOf(line: Line, column: string, scale: number): bigint {
  const text = (ownOf(line, column) ?? "").replace(/^[-+]/, "").replace(",", ".");
  if (text === "") return 0n;
  const amount = parseAmount(text, scale);
  if (typeof amount !== "bigint")
    throw new ListError(`${column} is no amount: ${JSON.stringify(ownOf(line, column))}`);
  return amount;
}

/** "2026-11-21 15:04" and "2026-11-21 15:04:05": UTC. */
function noteTime(builder: Builder, text: string | undefined): void {
  if (text === undefined || text === "") return;
  const iso = text.replace(" ", "T").replace(/T\d\d:\d\d$/, "$&:00");
  const at = parseStamp(iso.includes("T") ? `${iso}Z` : iso);
  if (at === undefined) throw new ListError(`its time cannot be read: ${JSON.stringify(text)}`);
  builder.firstAt = builder.firstAt === undefined || at < builder.firstAt ? at : builder.firstAt;
}
