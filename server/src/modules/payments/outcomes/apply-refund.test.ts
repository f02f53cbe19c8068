import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { openTestPayments } from "../../../../tests/payments.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { submitRefund } from "../change-payment.ts";
import { verifyPayments } from "../index.ts";
import type { RefundReport } from "../providers/card-provider.ts";

const bank = await shareInFile(openTestPayments());

/** Asks for a refund; returns the attempt's id. */
async function ask(paymentId: number, amount: string): Promise<number> {
  await submitRefund(bank.keeper, { paymentId, actor: STAFF }, { amount, reason: "late" });
  return (await bank.attemptsOf(paymentId)).at(-1)?.id ?? 0;
}
const tell = (paymentId: number, report: Partial<RefundReport>) =>
  bank.tell(paymentId, {
    type: "refund",
    reference: `re_${paymentId}`,
    attemptId: undefined,
    amountMinor: 500n,
    state: "succeeded",
    ...report,
  });
const refundOf = async (paymentId: number) => (await bank.attemptsOf(paymentId)).at(-1);

it("books a refund that we asked for with its share of the tax, in the name of who asked", async () => {
  const id = await bank.openPaid();
  const attemptId = await ask(id, "5.00");
  expect(await tell(id, { attemptId })).toMatchObject({ refundedMinor: 500n, taxReturnedMinor: 83n });
  expect(await refundOf(id)).toMatchObject({ state: "succeeded", providerReference: `re_${id}` });
  const [event] = await bank.db`
    SELECT actor_id, detail FROM payments.events WHERE payment_id = ${id} AND type = 'refunded'`;
  expect(event).toMatchObject({ actor_id: "staff", detail: "late" });
});

it("keeps the provider's id of a pending one, and knows it by that afterwards", async () => {
  const id = await bank.openPaid();
  const attemptId = await ask(id, "5.00");
  expect(await tell(id, { attemptId, state: "pending" })).toMatchObject({ refundingMinor: 500n });
  expect(await refundOf(id)).toMatchObject({ state: "created", providerReference: `re_${id}` });
  expect(await tell(id, {})).toMatchObject({ refundedMinor: 500n, refundingMinor: 0n });
  expect(await tell(id, { attemptId, state: "pending" })).toMatchObject({ refundedMinor: 500n }); // an older report
});

it("notes one that the provider refuses: the money can be refunded again", async () => {
  const id = await bank.openPaid();
  const attemptId = await ask(id, "12.00");
  const refused = await tell(id, { attemptId, reference: undefined, amountMinor: 1_200n, state: "failed" });
  expect(refused).toMatchObject({ refundedMinor: 0n, refundingMinor: 0n });
  expect(await refundOf(id)).toMatchObject({ state: "failed", failureCode: "refund_failed" });
  expect(await ask(id, "12.00")).not.toBe(attemptId);
});

it("F6-5 one that failed waits for people until another gave back as much", async () => {
  const id = await bank.openPaid();
  const first = await ask(id, "5.00");
  await tell(id, { attemptId: first, reference: "re_failed", state: "failed" });
  const stateOf = async () => (await bank.attemptsOf(id)).find((attempt) => attempt.id === first);
  expect(await stateOf()).toMatchObject({ state: "failed", attentionSince: expect.any(Date) });
  await tell(id, { attemptId: await ask(id, "4.99"), reference: "re_less", amountMinor: 499n });
  expect(await stateOf()).toMatchObject({ attentionSince: expect.any(Date) });
  await tell(id, { attemptId: await ask(id, "5.00"), reference: "re_again" });
  expect(await stateOf()).toMatchObject({ state: "failed", attentionSince: null });
});

it("F6-5 one that had succeeded and came back waits for people too", async () => {
  const id = await bank.openPaid();
  const attemptId = await ask(id, "5.00");
  await tell(id, { attemptId });
  expect(await refundOf(id)).toMatchObject({ state: "succeeded", attentionSince: null });
  await tell(id, { attemptId, state: "failed" });
  expect(await refundOf(id)).toMatchObject({ state: "failed", attentionSince: expect.any(Date) });
});

it("adopts one that was made at the provider: done, or on its way and asked about", async () => {
  const id = await bank.openPaid();
  expect(await tell(id, {})).toMatchObject({ refundedMinor: 500n, taxReturnedMinor: 83n });
  expect(await refundOf(id)).toMatchObject({ state: "succeeded", reason: "made at the provider" });
  const pending = await tell(id, { reference: `re_more_${id}`, amountMinor: 300n, state: "pending" });
  expect(pending).toMatchObject({ refundedMinor: 500n, refundingMinor: 300n });
  expect(await refundOf(id)).toMatchObject({ state: "sent", isAnswered: true, dueAt: expect.any(Date) });
  const again = { reference: `re_more_${id}`, amountMinor: 300n };
  expect(await tell(id, again)).toMatchObject({ refundedMinor: 800n, refundingMinor: 0n });
});

it("remembers one that failed there, so that an older report of it changes nothing", async () => {
  const id = await bank.openPaid();
  const before = await bank.read(id);
  expect(await tell(id, { state: "failed", code: "expired_card" })).toEqual({ ...before });
  expect(await refundOf(id)).toMatchObject({ state: "failed", failureCode: "expired_card" });
  expect(await tell(id, {})).toEqual(before);
  expect(await tell(id, { state: "pending" })).toEqual(before);
});

it("takes no notice of one without an id, and none without an amount for true", async () => {
  const id = await bank.openPaid();
  const before = await bank.read(id);
  expect(await tell(id, { reference: undefined })).toEqual(before);
  await expect(tell(id, { amountMinor: 0n })).rejects.toMatchObject({ code: "event_differs" });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.attemptsOf(id)).toHaveLength(1);
});

it("refuses one that is more than we have, until the capture is known", async () => {
  const { id } = await bank.open();
  await bank.tell(id, { type: "authorized", totalMinor: 1_200n });
  await expect(tell(id, {})).rejects.toMatchObject({ code: "payment_in_flight" });
  await expect(tell(id, { state: "pending" })).rejects.toMatchObject({ code: "payment_in_flight" });
  expect(await bank.attemptsOf(id)).toHaveLength(1);
  await bank.tell(id, { type: "captured", totalMinor: 1_200n, isFinal: true });
  expect(await tell(id, {})).toMatchObject({ refundedMinor: 500n });
});

it("adopts one once, told at once and at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const id = await bank.openPaid();
  const report = { type: "refund", reference: "re_twice", attemptId: undefined, amountMinor: 500n } as const;
  await Promise.all([bank, bank, other].map((each) => each.tell(id, { ...report, state: "succeeded" })));
  await other.close();
  expect(await bank.read(id)).toMatchObject({ refundedMinor: 500n });
  expect(await bank.attemptsOf(id)).toHaveLength(2);
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
