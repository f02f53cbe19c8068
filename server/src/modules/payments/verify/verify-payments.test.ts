import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openTestDesk, STAFF, type TestDesk } from "../../../../tests/desk.ts";
import { openTestPayment } from "../../../../tests/payments.ts";
import { submitCapture, submitRefund } from "../change-payment.ts";
import { getPayment, type PaymentKeeper, recordOutcome, verifyPayments } from "../index.ts";
import type { ProviderReport } from "../providers/card-provider.ts";

let bank: TestDesk;
let keeper: PaymentKeeper;
/** Balance: held; captured in part with the rest held, and refunded in part. Card: waits; captured, refunded and in dispute. */
let held: number;
let partly: number;
let waiting: number;
let card: number;

beforeAll(async () => {
  bank = await openTestDesk();
  keeper = { db: bank.db, desk: bank.desk, assets: bank.assets, listener: () => undefined };
  const accountId = await bank.openAccount({ owner: "alice", balance: 10_000n });
  held = (await openTestPayment(bank, { provider: "balance", accountId })).id;
  partly = (await openTestPayment(bank, { provider: "balance", accountId })).id;
  await submitCapture(keeper, commandOn(partly), { amount: "5.00", keepsRest: true });
  await submitRefund(keeper, commandOn(partly), { amount: "2.00" });
  waiting = (await openTestPayment(bank)).id;
  card = (await openTestPayment(bank)).id;
  await tell(
    card,
    { type: "authorized", totalMinor: 1_200n },
    { type: "captured", totalMinor: 1_000n, isFinal: true },
  );
  await tell(card, refund("re_1", 300n, "succeeded"), refund("re_2", 100n, "succeeded"));
  await tell(card, dispute("du_1", 100n, "open"), dispute("du_2", 50n, "lost"), dispute("du_3", 60n, "won"));
  await tell(card, refund("re_2", 100n, "failed")); // it came back
  const invoice = (await openTestPayment(bank, { provider: "manual" })).id;
  await submitCapture(keeper, commandOn(invoice), {});
});
afterAll(() => bank.close());
beforeEach(async () => expect((await verifyPayments(bank.db)).differences).toEqual([]));

const commandOn = (paymentId: number) => ({ paymentId, actor: STAFF });
const tell = (paymentId: number, ...reports: ProviderReport[]) =>
  recordOutcome(keeper, { paymentId, answer: { reference: `charge ${paymentId}`, reports } });
const refund = (reference: string, amountMinor: bigint, state: "succeeded" | "failed"): ProviderReport => ({
  type: "refund",
  reference,
  attemptId: undefined,
  amountMinor,
  state,
});
const dispute = (reference: string, amountMinor: bigint, state: "open" | "won" | "lost"): ProviderReport => ({
  type: "dispute",
  reference,
  amountMinor,
  state,
  reason: "fraudulent",
});

/** Changes rows behind everybody's back, looks, and puts them back. */
async function tamper(change: string, back: string, since = 0) {
  await bank.db.unsafe(change);
  const { differences } = await verifyPayments(bank.db, { since });
  await bank.db.unsafe(back);
  return differences;
}
/** As `tamper`, for a change of numbers by so much. */
const shift = (table: string, columns: readonly string[], where: string) => {
  const set = (sign: "+" | "-") =>
    `UPDATE ${table} SET ${columns.map((column) => `${column} = ${column} ${sign} 1`).join(", ")} WHERE ${where}`;
  return tamper(set("+"), set("-"));
};

it("finds nothing where all agrees: a refund that came back is money again", async () => {
  expect(await getPayment(bank.db, card)).toMatchObject({
    refundedMinor: 300n,
    chargedBackMinor: 50n,
    disputedMinor: 100n,
  });
  expect((await verifyPayments(bank.db, { since: Number.MAX_SAFE_INTEGER })).differences).toEqual([]);
});

it("finds amounts that are not those of the events", async () => {
  expect(await shift("payments.payments", ["authorized"], `id = ${card}`)).toMatchObject([
    {
      check: "payment_amounts",
      paymentId: card,
      expected: expect.stringMatching(
        /^12\.00 authorized, 2\.00 voided, 10\.00 captured, 3\.00 refunded, .* EUR$/,
      ),
      stored: expect.stringMatching(/^12\.01 authorized/),
    },
  ]);
  expect(await shift("payments.payments", ["tax_captured"], `id = ${partly}`)).toMatchObject([
    { check: "payment_amounts", paymentId: partly },
  ]);
});

it("finds an event that was taken away, and one of no payment", async () => {
  const gone = await tamper(
    `UPDATE payments.events SET payment_id = 7 WHERE payment_id = ${waiting}`,
    `UPDATE payments.events SET payment_id = ${waiting} WHERE payment_id = 7`,
  );
  expect(gone).toMatchObject([{ what: "payment 7 does not exist, and events name it" }]);
  const gap = await tamper(
    `UPDATE payments.events SET seq = 9 WHERE payment_id = ${waiting} AND seq = 1`,
    `UPDATE payments.events SET seq = 1 WHERE payment_id = ${waiting} AND seq = 9`,
  );
  expect(gap).toMatchObject([{ what: `payment ${waiting} lacks some of its events` }]);
});

it("finds what is under way without an attempt, and an attempt that would never end", async () => {
  expect(await shift("payments.payments", ["voiding"], `id = ${waiting}`)).toMatchObject([
    { check: "payment_attempts", paymentId: waiting, stored: "12.00 authorizing, 0.01 voiding EUR" },
  ]);
  const stuck = await tamper(
    `UPDATE payments.attempts SET due_at = NULL WHERE payment_id = ${waiting}`,
    `UPDATE payments.attempts SET due_at = now() WHERE payment_id = ${waiting}`,
  );
  expect(stuck).toMatchObject([
    { check: "payment_attempts", what: expect.stringContaining("nobody will ask") },
  ]);
});

it("finds refunds and disputes that do not add up", async () => {
  expect(
    await shift("payments.attempts", ["amount"], `payment_id = ${partly} AND act = 'refund'`),
  ).toMatchObject([
    {
      check: "payment_refunds",
      paymentId: partly,
      expected: "2.01 refunded EUR",
      stored: "2.00 refunded EUR",
    },
  ]);
  expect(
    await shift("payments.disputes", ["amount", "reported"], "provider_reference = 'du_1'"),
  ).toMatchObject([
    { check: "payment_disputes", paymentId: card, stored: "1.00 in dispute, 0.50 charged back EUR" },
  ]);
});

it("finds an event whose journal moved other money, no money, or another event's", async () => {
  const captured = `payment_id = ${partly} AND type = 'captured'`;
  const [event] = await bank.db<{ journal_id: bigint }[]>`
    SELECT journal_id FROM payments.events WHERE payment_id = ${partly} AND type = 'captured'`;
  const journal = String(event?.journal_id);
  const back = `UPDATE payments.events SET journal_id = ${journal} WHERE ${captured}`;
  expect(await tamper(`UPDATE payments.events SET journal_id = NULL WHERE ${captured}`, back)).toMatchObject([
    { check: "payment_bookings", paymentId: partly, what: expect.stringContaining("names no journal") },
    { check: "payment_owners", journalId: Number(journal) },
  ]);
  const other = `(SELECT journal_id FROM payments.events WHERE payment_id = ${card} AND type = 'captured')`;
  const change = `UPDATE payments.events SET journal_id = ${other} WHERE ${captured}`;
  expect(await tamper(change, back)).toMatchObject([{ check: "payment_bookings", paymentId: partly }]);
  expect(await tamper(change, back, Number.MAX_SAFE_INTEGER)).toMatchObject([
    { check: "payment_bookings", what: expect.stringContaining("two events name journal") },
  ]);
  const moved = await shift("ledger.transfers", ["amount"], `id = ${journal}`);
  expect(moved).toMatchObject([{ check: "payment_bookings", journalId: Number(journal) }]);
});

it("finds money that is not held for a payment, and a hold that is for none", async () => {
  const { holdId } = await getPayment(bank.db, held);
  expect(await shift("ledger.holds", ["amount"], `id = ${holdId}`)).toMatchObject([
    {
      check: "payment_holds",
      paymentId: held,
      holdId,
      expected: expect.stringMatching(/^12\.00 EUR of account/),
    },
  ]);
  const lost = await tamper(
    `UPDATE payments.payments SET hold_id = NULL WHERE id = ${held}`,
    `UPDATE payments.payments SET hold_id = ${holdId} WHERE id = ${held}`,
  );
  expect(lost).toMatchObject([{ check: "payment_holds", paymentId: held, stored: "no such hold" }]);
  const { holdId: rest } = await getPayment(bank.db, partly);
  const swapped = await tamper(
    `UPDATE payments.payments SET hold_id = NULL, authorized = 500, amount = 500 WHERE id = ${partly}; UPDATE payments.events SET amount = 500 WHERE payment_id = ${partly} AND type = 'authorized'`,
    `UPDATE payments.payments SET hold_id = ${rest}, authorized = 1200, amount = 1200 WHERE id = ${partly}; UPDATE payments.events SET amount = 1200 WHERE payment_id = ${partly} AND type = 'authorized'`,
  );
  expect(swapped).toMatchObject([
    { check: "payment_holds", holdId: rest, what: expect.stringContaining("no payment names it") },
  ]);
});

it("finds a hold that two payments name", async () => {
  const { holdId, accountId } = await getPayment(bank.db, held);
  const twin = await openTestPayment(bank, { provider: "balance", accountId: accountId ?? 0 });
  const setHold = (id: number | null) => `UPDATE payments.payments SET hold_id = ${id} WHERE id = ${twin.id}`;
  expect(await tamper(setHold(holdId), setHold(twin.holdId))).toMatchObject([
    { check: "payment_holds", holdId, what: expect.stringContaining("two payments name hold") },
  ]);
});

it("tells how far it is, up to all of it", async () => {
  const shares: number[] = [];
  await verifyPayments(bank.db, { onProgress: (done, of) => shares.push(done / of) });
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(0)).toBeLessThan(1);
  expect(shares.at(-1)).toBe(1);
});

it("finds clearing and tax that payments did not move", async () => {
  const assetId = bank.assets.byCode("EUR")?.id ?? 0;
  for (const [name, column, check] of [
    ["clearing", "debits_posted", "payment_clearing"],
    ["clearing", "credits_posted", "payment_clearing"],
    ["tax", "credits_posted", "payment_tax"],
  ] as const) {
    const accountId = bank.assets.systemAccount(assetId, name);
    const stripe = `(SELECT min(stripe) FROM ledger.system_balances WHERE account_id = ${accountId})`;
    const found = await shift(
      "ledger.system_balances",
      [column],
      `account_id = ${accountId} AND stripe = ${stripe}`,
    );
    expect(found).toMatchObject([{ check, accountId }]);
  }
});
