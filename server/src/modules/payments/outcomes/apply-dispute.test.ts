import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { openTestPayments } from "../../../../tests/payments.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { submitRefund } from "../change-payment.ts";
import { verifyPayments } from "../index.ts";
import { refundableOf } from "../payment.ts";
import type { DisputeReport } from "../providers/card-provider.ts";
import { selectDisputes } from "./dispute-store.ts";

const bank = await shareInFile(openTestPayments());

const tell = (paymentId: number, state: DisputeReport["state"], amountMinor = 1_200n) =>
  bank.tell(paymentId, { type: "dispute", reference: "du_1", amountMinor, state, reason: "fraudulent" });
const disputesOf = (paymentId: number) => selectDisputes(bank.db, paymentId);

it("puts money at risk while it is open: it is not refunded", async () => {
  const id = await bank.openPaid();
  const open = await tell(id, "open", 500n);
  expect(open).toMatchObject({ disputedMinor: 500n, capturedMinor: 1_200n });
  expect(refundableOf(open)).toBe(700n);
  expect(await tell(id, "open", 500n)).toEqual(open);
  expect(await disputesOf(id)).toMatchObject([{ state: "open", reason: "fraudulent", closedAt: null }]);
});

it("gives the money free where it is won, and takes it with its tax where it is lost", async () => {
  const won = await bank.openPaid();
  await tell(won, "open");
  expect(await tell(won, "won")).toMatchObject({ disputedMinor: 0n, chargedBackMinor: 0n });
  const lost = await bank.openPaid();
  await tell(lost, "open");
  const after = await tell(lost, "lost");
  expect(after).toMatchObject({ disputedMinor: 0n, chargedBackMinor: 1_200n, taxReturnedMinor: 200n });
  expect(await tell(lost, "won")).toEqual(after); // it is closed
  expect((await bank.eventsOf(lost)).slice(-2)).toEqual(["disputed 1200", "dispute_lost 1200"]);
});

it("opens one whose end is told first, and takes no notice of the beginning that comes after it", async () => {
  const id = await bank.openPaid();
  const ended = await tell(id, "lost", 500n);
  expect(await bank.eventsOf(id)).toEqual(expect.arrayContaining(["disputed 500", "dispute_lost 500"]));
  expect(await tell(id, "open", 500n)).toEqual(ended);
  expect(await disputesOf(id)).toMatchObject([{ state: "lost", amountMinor: 500n }]);
});

it("puts no more at risk than is still ours", async () => {
  const id = await bank.openPaid();
  await submitRefund(bank.keeper, { paymentId: id, actor: STAFF }, { amount: "9.00" });
  const attemptId = (await bank.attemptsOf(id)).at(-1)?.id;
  const refund = { type: "refund", reference: "re_1", attemptId, amountMinor: 900n } as const;
  await bank.tell(id, { ...refund, state: "succeeded" });
  expect(await tell(id, "open")).toMatchObject({ disputedMinor: 300n });
  const none = await bank.open({ captureMode: "automatic" });
  const declined = { type: "authorization_failed", code: "card_declined", message: "declined" } as const;
  const before = await bank.tell(none.id, declined);
  await expect(tell(none.id, "open")).rejects.toMatchObject({ code: "event_differs" });
  expect(await bank.read(none.id)).toEqual(before);
  expect(await disputesOf(none.id)).toEqual([]);
});

it("refuses one of money that is not known to be captured yet: it is told again", async () => {
  const { id } = await bank.open();
  await bank.tell(id, { type: "authorized", totalMinor: 1_200n });
  await expect(tell(id, "open")).rejects.toMatchObject({ code: "payment_in_flight" });
  expect(await disputesOf(id)).toEqual([]);
  await bank.tell(id, { type: "captured", totalMinor: 1_200n, isFinal: true });
  expect(await tell(id, "open")).toMatchObject({ disputedMinor: 1_200n });
});

it("opens and loses one once, told at once and at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const id = await bank.openPaid();
  const report = { type: "dispute", reference: "du_2", amountMinor: 600n, reason: undefined } as const;
  await Promise.all([bank, other, bank].map((each) => each.tell(id, { ...report, state: "lost" })));
  await other.close();
  expect(await bank.read(id)).toMatchObject({ chargedBackMinor: 600n, disputedMinor: 0n });
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
