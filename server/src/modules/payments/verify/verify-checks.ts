// The checks of payments' verification, one function each: it returns its first difference in words, or undefined.
import { readAhead } from "../../../runtime/reads/read-ahead.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { tellBoth } from "../../../values/difference.ts";
import {
  type BookedTransfer,
  countActiveHolds,
  findActiveHoldIds,
  findHoldsById,
  findTransfers,
  getSystemSums,
  type KeptHold,
  type VerifySubject,
} from "../../ledger/index.ts";
import { sidesOf } from "../book-money.ts";
import { authorizedLeft } from "../payment.ts";
import { type Found, type PaymentDifference, tellNonZero } from "./verify-difference.ts";
import * as store from "./verify-payments-store.ts";

const PAGE = 5_000;
/** Large, because each page reads through the whole table of payments. */
const STRAY_PAGE = 200_000;

export async function checkSums(subject: VerifySubject): Found {
  const found = await store.selectWrongSums(subject.tx);
  if (found === undefined) return undefined;
  const paymentId = Number(found.id);
  const check = "payment_amounts";
  if (found.is_missing)
    return { check, what: `payment ${paymentId} does not exist, and events name it`, paymentId };
  if (found.expected === "" || found.stored === found.expected)
    return { check, what: `payment ${paymentId} lacks some of its events`, paymentId };
  const told = tellBoth(found, (amounts) =>
    tellNonZero(subject, found.currency, { amounts, names: store.SUM_NAMES }),
  );
  const what = `the events of payment ${paymentId} add up to ${told.expected}, it says ${told.stored}`;
  return { check, what, paymentId, ...told };
}

/** A payment asks for the amount that it was opened over, or last changed to. */
export async function checkAmounts(subject: VerifySubject): Found {
  const found = await store.selectWrongAmount(subject.tx);
  if (found === undefined) return undefined;
  const paymentId = Number(found.id);
  const told = tellBoth(found, (amounts) =>
    tellNonZero(subject, found.currency, { amounts, names: ["asked for"] }),
  );
  const what = `the events of payment ${paymentId} say ${told.expected}, it says ${told.stored}`;
  return { check: "payment_amounts", what, paymentId, ...told };
}

/** The amount under way is the sum of the open attempts, and each of them will end or is shown to people. */
export async function checkAttempts(subject: VerifySubject): Found {
  const check = "payment_attempts";
  const found = await store.selectWrongUnderWay(subject.tx);
  if (found !== undefined) {
    const paymentId = Number(found.id);
    const names = store.UNDER_WAY_NAMES;
    const told = tellBoth(found, (amounts) => tellNonZero(subject, found.currency, { amounts, names }));
    const what = `the open attempts of payment ${paymentId} add up to ${told.expected}, it says ${told.stored}`;
    return { check, what, paymentId, ...told };
  }
  const stuck = await store.selectStuckAttempt(subject.tx);
  if (stuck === undefined) return undefined;
  const [attemptId, paymentId] = [Number(stuck.id), Number(stuck.payment_id)];
  const what = `attempt ${attemptId} (${stuck.act}) of payment ${paymentId} is open, and nobody will ask about it`;
  return { check, what, paymentId, attemptId };
}

export async function checkRefunds(subject: VerifySubject): Found {
  const found = await store.selectWrongRefunds(subject.tx);
  if (found === undefined) return undefined;
  const paymentId = Number(found.id);
  const told = tellBoth(found, (amounts) =>
    tellNonZero(subject, found.currency, { amounts, names: ["refunded"] }),
  );
  const what = `the refunds of payment ${paymentId} add up to ${told.expected}, it says ${told.stored}`;
  return { check: "payment_refunds", what, paymentId, ...told };
}

export async function checkDisputes(subject: VerifySubject): Found {
  const found = await store.selectWrongDisputes(subject.tx);
  if (found === undefined) return undefined;
  const paymentId = Number(found.id);
  const names = ["in dispute", "charged back"];
  const told = tellBoth(found, (amounts) => tellNonZero(subject, found.currency, { amounts, names }));
  const what = `the disputes of payment ${paymentId} say ${told.expected}, it says ${told.stored}`;
  return { check: "payment_disputes", what, paymentId, ...told };
}

/** Every event that moved money names its own journal, and that journal moved this money between these accounts. */
export async function checkBookings(subject: VerifySubject): Found {
  const { tx, since } = subject;
  const first = { paymentId: 0, seq: 0 };
  const pages = readAhead(
    (after: typeof first = first) => store.selectBookings(tx, { since, after, limit: PAGE }),
    ({ payment, seq }) => ({ paymentId: payment.id, seq }),
  );
  for await (const page of pages) {
    const ids = page.flatMap(({ journalId }) => (journalId === null ? [] : [journalId, journalId + 1]));
    const transfers = await findTransfers(tx, ids);
    const wrong = page.find((event) => !isBooked(subject, event, transfers));
    if (wrong !== undefined) return describeBooking(subject, wrong);
    subject.onRead?.(page.length);
  }
  const shared = await store.selectSharedName(tx, "journal");
  if (shared === undefined) return undefined;
  const [journalId, paymentId] = [Number(shared.id), Number(shared.payment_id)];
  const what = `two events name journal ${journalId}, one of them of payment ${paymentId}`;
  return { check: "payment_bookings", what, journalId, paymentId };
}

/** Money in: all of it to sales, then the tax on to tax. Money back: the tax first, then all of it. */
function isBooked(
  { assets }: VerifySubject,
  { type, journalId, amountMinor, taxMinor, payment }: store.EventBooking,
  transfers: ReadonlyMap<number, BookedTransfer>,
): boolean {
  if (journalId === null) return false;
  const { sales, tax, source } = sidesOf(assets, payment);
  const isIn = type === "captured" || type === "refund_reversed";
  const isBack = type === "refunded" || type === "dispute_lost";
  if (!isIn && !isBack) return false;
  const whole = isIn ? [source, sales, amountMinor] : [sales, source, amountMinor];
  const taxPart = isIn ? [sales, tax, taxMinor] : [tax, sales, taxMinor];
  const wanted = taxMinor === 0n ? [whole] : isIn ? [whole, taxPart] : [taxPart, whole];
  return wanted.every(([debit, credit, amount], index) => {
    const transfer = transfers.get(journalId + index);
    return (
      transfer?.journalId === journalId &&
      transfer.debitAccountId === debit &&
      transfer.creditAccountId === credit &&
      transfer.amount === amount
    );
  });
}

function describeBooking(subject: VerifySubject, event: store.EventBooking): PaymentDifference {
  const { type, seq, journalId, payment } = event;
  const { id: paymentId, currency } = payment;
  const amounts = `${event.amountMinor} ${event.taxMinor}`;
  const expected = tellNonZero(subject, currency, { amounts, names: [type, "of it tax"] });
  const where = journalId === null ? "names no journal" : `names journal ${journalId}, which says otherwise`;
  const what = `event ${seq} of payment ${paymentId} (${expected}) ${where}`;
  return {
    check: "payment_bookings",
    what,
    paymentId,
    expected,
    ...(journalId === null ? {} : { journalId }),
  };
}

/** What a balance still owes is held on its account, and every hold in favor of sales belongs to a payment. */
export async function checkHolds(subject: VerifySubject): Found {
  const { tx } = subject;
  const pages = readAhead(
    (afterId: number = 0) => store.selectHolding(tx, { afterId, limit: PAGE }),
    ({ id }) => id,
  );
  for await (const page of pages) {
    const holds = await findHoldsById(
      tx,
      page.flatMap(({ holdId }) => holdId ?? []),
    );
    const wrong = page.find((payment) => !isHeld(subject, payment, holds.get(payment.holdId ?? 0)));
    if (wrong !== undefined) return describeHold(subject, wrong, holds.get(wrong.holdId ?? 0));
    subject.onRead?.(page.length);
  }
  return checkStrayHolds(subject);
}

function isHeld({ assets }: VerifySubject, payment: store.Holding, hold: KeptHold | undefined): boolean {
  return (
    hold?.state === "active" &&
    hold.amount === authorizedLeft(payment) &&
    hold.debitAccountId === payment.accountId &&
    hold.creditAccountId === assets.systemAccount(payment.assetId, "sales")
  );
}

function describeHold(
  subject: VerifySubject,
  payment: store.Holding,
  hold: KeptHold | undefined,
): PaymentDifference {
  const { id: paymentId, holdId, currency, accountId } = payment;
  const tell = (amount: bigint) => tellNonZero(subject, currency, { amounts: String(amount), names: [""] });
  const expected = `${tell(authorizedLeft(payment))} of account ${accountId ?? "none"}`;
  const stored =
    hold === undefined
      ? "no such hold"
      : `${tell(hold.amount)} of account ${hold.debitAccountId}, ${hold.state}`;
  const what = `payment ${paymentId} is owed ${expected}, and hold ${holdId ?? "none"} says: ${stored}`;
  const ids = holdId === null ? { paymentId } : { paymentId, holdId };
  return { check: "payment_holds", what, ...ids, expected, stored };
}

/**
 * An earlier check has found that every hold named by a payment exists; so if there are as many holds as payments name, they are
 * the same. Counting is linear; holds are compared one by one only where the counts differ.
 */
async function checkStrayHolds({ tx, assets }: VerifySubject): Found {
  const sales = assets
    .all()
    .flatMap(({ id, kind }) => (kind === "money" ? [assets.systemAccount(id, "sales")] : []));
  const named = await store.countHoldsOfPayments(tx);
  let active = 0;
  for (const accountId of sales) active += await countActiveHolds(tx, accountId);
  if (named.count === active && named.distinct === active) return undefined;
  const shared = await store.selectSharedName(tx, "hold");
  if (shared !== undefined) {
    const [holdId, paymentId] = [Number(shared.id), Number(shared.payment_id)];
    const what = `two payments name hold ${holdId}, one of them payment ${paymentId}`;
    return { check: "payment_holds", what, paymentId, holdId };
  }
  for (const accountId of sales) {
    const holdId = await findStrayHold(tx, accountId);
    if (holdId === undefined) continue;
    const what = `hold ${holdId} keeps money for a payment, and no payment names it`;
    return { check: "payment_holds", what, holdId };
  }
  return undefined;
}

async function findStrayHold(tx: Tx, creditAccountId: number): Promise<number | undefined> {
  for (let afterId = 0; ; ) {
    const ids = await findActiveHoldIds(tx, { creditAccountId, afterId, limit: STRAY_PAGE });
    const [first, last] = [ids.at(0), ids.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const named = await store.selectNamed(tx, "hold", { first, last });
    const holdId = ids.find((id) => !named.has(id));
    if (holdId !== undefined) return holdId;
    afterId = last;
  }
}

/** The ledger's sums of the house accounts that only payments move: clearing in both directions, and tax taken. */
export async function checkSystemSums(subject: VerifySubject): Promise<PaymentDifference[]> {
  const { tx, assets } = subject;
  const moved = new Map((await store.sumMoved(tx)).map((row) => [row.asset_id, row]));
  for (const { id: assetId, code: currency, kind } of assets.all()) {
    if (kind !== "money") continue;
    const { clearing_out = 0n, clearing_in = 0n, tax_in = 0n } = moved.get(assetId) ?? {};
    const clearingId = assets.systemAccount(assetId, "clearing");
    const clearing = await getSystemSums(tx, clearingId);
    const names = ["out", "in"];
    const tell = (amounts: string) => tellNonZero(subject, currency, { amounts, names });
    const [expected, stored] = [
      tell(`${clearing_out} ${clearing_in}`),
      tell(`${clearing.debits} ${clearing.credits}`),
    ];
    if (expected !== stored) return [describeSum("payment_clearing", clearingId, { expected, stored })];
    const taxId = assets.systemAccount(assetId, "tax");
    const tax = await getSystemSums(tx, taxId);
    const tellTax = (amount: bigint) =>
      tellNonZero(subject, currency, { amounts: String(amount), names: ["in"] });
    const told = { expected: tellTax(tax_in), stored: tellTax(tax.credits) };
    if (tax_in !== tax.credits) return [describeSum("payment_tax", taxId, told)];
  }
  return [];
}

function describeSum(
  check: "payment_clearing" | "payment_tax",
  accountId: number,
  { expected, stored }: { expected: string; stored: string },
): PaymentDifference {
  const what = `payments say ${expected}, and the ledger's account ${accountId} says ${stored}`;
  return { check, what, accountId, expected, stored };
}
