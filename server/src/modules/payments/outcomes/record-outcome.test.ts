import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { AUTHORIZED, captured, openTestPayments } from "../../../../tests/payments.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { submitCapture, submitRefund } from "../change-payment.ts";
import { verifyPayments } from "../index.ts";
import type { ProviderReport } from "../providers/card-provider.ts";
import { recordOutcome } from "./record-outcome.ts";

const bank = await shareInFile(openTestPayments());

/** The answer to the call about the payment's newest attempt. */
async function answer(paymentId: number, reports: readonly ProviderReport[], askAgainAt?: Date) {
  const attemptId = (await bank.attemptsOf(paymentId)).at(-1)?.id;
  const reference = `charge ${paymentId}`;
  await recordOutcome(bank.keeper, { paymentId, attemptId, answer: { reference, reports }, askAgainAt });
  return bank.read(paymentId);
}
/** Asks for a part of a card's payment. */
const capture = (paymentId: number, amount: string) =>
  submitCapture(bank.keeper, { paymentId, actor: STAFF }, { amount, keepsRest: true });

it("books what was done, keeps the provider's id, and ends the attempt", async () => {
  const { id } = await bank.open({ captureMode: "automatic" });
  expect(await answer(id, [AUTHORIZED, captured(1_200n)])).toMatchObject({
    providerReference: `charge ${id}`,
    authorizedMinor: 1_200n,
    capturedMinor: 1_200n,
    taxCapturedMinor: 200n,
    authorizingMinor: 0n,
  });
  expect(await bank.attemptsOf(id)).toMatchObject([{ state: "succeeded", dueAt: null }]);
  expect(await bank.eventsOf(id)).toEqual(["opened 1200", "authorized 1200", "captured 1200"]);
});

it("lets the same outcome again change nothing, not even the version", async () => {
  const { id } = await bank.open();
  const first = await answer(id, [AUTHORIZED]);
  expect(await answer(id, [AUTHORIZED])).toEqual(first);
  expect(await bank.tell(id, AUTHORIZED)).toEqual(first);
});

it("notes that the provider works on what its answer has not ended, and when it is asked again", async () => {
  const { id } = await bank.open();
  const askAgainAt = new Date("2030-01-01T00:00:00Z");
  const working = await answer(id, [], askAgainAt);
  expect(working).toMatchObject({ providerReference: `charge ${id}`, authorizingMinor: 1_200n });
  expect(await bank.attemptsOf(id)).toMatchObject([{ state: "sent", isAnswered: true, dueAt: askAgainAt }]);
  await answer(id, [AUTHORIZED], askAgainAt);
  expect(await bank.attemptsOf(id)).toMatchObject([{ state: "succeeded", dueAt: null }]);
});

it("ends the attempt that was called about, of two under way", async () => {
  const { id } = await bank.open();
  await answer(id, [AUTHORIZED]);
  await capture(id, "3.00");
  await capture(id, "4.00");
  const [, first, second] = await bank.attemptsOf(id);
  const reports: ProviderReport[] = [{ type: "capture_failed", code: "no", message: "not now" }];
  await recordOutcome(bank.keeper, {
    paymentId: id,
    attemptId: first?.id,
    answer: { reference: undefined, reports },
  });
  expect(await bank.read(id)).toMatchObject({ capturingMinor: 400n, providerReference: `charge ${id}` });
  expect(await bank.attemptsOf(id)).toMatchObject([{}, { state: "failed", failureCode: "no" }, second ?? {}]);
});

it("refuses a payment that does not exist", async () => {
  const outcome = { paymentId: 1, answer: { reference: "ch_1", reports: [AUTHORIZED] } };
  await expect(recordOutcome(bank.keeper, outcome)).rejects.toMatchObject({ code: "payment_not_found" });
});

it("refuses what came too early, and takes back what it had applied before it", async () => {
  const { id } = await bank.open();
  const before = await bank.read(id);
  const early: ProviderReport = {
    type: "refund",
    reference: "re_early",
    attemptId: undefined,
    amountMinor: 100n,
    state: "succeeded",
  };
  await expect(bank.tell(id, AUTHORIZED, early)).rejects.toMatchObject({ code: "payment_in_flight" });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.attemptsOf(id)).toMatchObject([{ act: "authorize", state: "created" }]);
  expect(await bank.eventsOf(id)).toEqual(["opened 1200"]);
  await bank.tell(id, AUTHORIZED, captured(1_200n), early);
  expect(await bank.read(id)).toMatchObject({ refundedMinor: 100n });
});

it("settles once where the same is told at once, also at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const { id } = await bank.open({ captureMode: "automatic" });
  await Promise.all([bank, bank, other, other].map((each) => each.tell(id, AUTHORIZED, captured(1_200n))));
  await other.close();
  expect(await bank.eventsOf(id)).toEqual(["opened 1200", "authorized 1200", "captured 1200"]);
});

it("failure 16: late and repeated events of an old attempt add to that attempt, and to nothing twice", async () => {
  const { id } = await bank.open();
  await bank.tell(id, AUTHORIZED);
  const [first, second] = [captured(500n, false), captured(900n, false)];
  await capture(id, "5.00");
  await bank.tell(id, first);
  await capture(id, "4.00");
  await bank.tell(id, second);
  for (const late of [first, AUTHORIZED, second, first]) await bank.tell(id, late);
  await bank.tell(id, { type: "capture_failed", code: "late", message: "of an attempt that is long done" });
  expect(await bank.read(id)).toMatchObject({
    authorizedMinor: 1_200n,
    capturedMinor: 900n,
    capturingMinor: 0n,
  });
  expect((await bank.eventsOf(id)).slice(2)).toEqual(["captured 500", "captured 400"]);
  const named = await bank.db`
    SELECT DISTINCT attempt_id FROM payments.events WHERE payment_id = ${id} AND type = 'captured'`;
  expect(named).toHaveLength(2);
});

it("gives back what comes after everybody was told that it failed", async () => {
  const { id } = await bank.open();
  await bank.tell(id, { type: "authorization_failed", code: "card_declined", message: "declined" });
  const late = await bank.tell(id, AUTHORIZED);
  expect(late).toMatchObject({ authorizedMinor: 1_200n, cancelRequested: true, voidingMinor: 1_200n });
  expect(await bank.tell(id, { type: "voided" })).toMatchObject({ voidedMinor: 1_200n, voidingMinor: 0n });
  const refunded = await bank.open({ captureMode: "automatic" });
  await bank.tell(refunded.id, { type: "authorization_failed", code: "card_declined", message: "declined" });
  expect(await bank.tell(refunded.id, captured(1_200n))).toMatchObject({ refundingMinor: 1_200n });
});

it("takes a refund back that came back after it was done", async () => {
  const { id } = await bank.open({ captureMode: "automatic" });
  await bank.tell(id, captured(1_200n));
  await submitRefund(bank.keeper, { paymentId: id, actor: STAFF }, { amount: "6.00" });
  const attemptId = (await bank.attemptsOf(id)).at(-1)?.id;
  const refund = { type: "refund", reference: `re_${id}`, attemptId, amountMinor: 600n } as const;
  expect(await bank.tell(id, { ...refund, state: "succeeded" })).toMatchObject({ refundedMinor: 600n });
  const back = await bank.tell(id, { ...refund, state: "failed", code: "expired_card" });
  expect(back).toMatchObject({ refundedMinor: 0n, taxReturnedMinor: 0n, refundingMinor: 0n });
  expect(await bank.tell(id, { ...refund, state: "succeeded" })).toEqual(back); // an older report
  expect((await bank.eventsOf(id)).slice(-2)).toEqual(["refunded 600", "refund_reversed 600"]);
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
