import { expect, it } from "vitest";
import { AUTHORIZED, captured, openTestPayments, readSystemBalance } from "../../../tests/payments.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import { type CaptureRequest, capturePayment } from "./capture-payment.ts";
import { verifyPayments } from "./index.ts";
import { isGivenBack, statusOf } from "./payment.ts";
import type { ProviderReport } from "./providers/card-provider.ts";
import { cancelPayment, type RefundRequest, refundPayment, voidPayment } from "./return-payment.ts";

const bank = await shareInFile(openTestPayments());

const by = { actorId: "staff" };
const capture = (id: number, request: Partial<CaptureRequest> = {}) =>
  bank.act(id, (desk, payment) => capturePayment(desk, payment, { ...by, ...request }));
const voidRest = (id: number, at = bank) => at.act(id, (desk, payment) => voidPayment(desk, payment, by));
const refund = (id: number, request: Partial<RefundRequest> = {}, at = bank) =>
  at.act(id, (desk, payment) => refundPayment(desk, payment, { ...by, ...request }));
const cancel = (id: number, at = bank) =>
  at.act(id, (desk, payment) => cancelPayment(desk, payment, { ...by, reason: "changed my mind" }));

/** A card's payment of 12.00 of which the provider has told so much. */
const told = async (...reports: ProviderReport[]) => bank.tell((await bank.open()).id, ...reports);
/** `act amount` of the attempts whose outcome nobody has told. */
const underWay = async (id: number) =>
  (await bank.attemptsOf(id))
    .filter(({ settledAt }) => settledAt === null)
    .map(({ act, amountMinor }) => `${act} ${amountMinor}`);
const succeed = async (id: number) => {
  const attempt = (await bank.attemptsOf(id)).findLast(({ act }) => act === "refund");
  const { id: attemptId = 0, amountMinor = 0n } = attempt ?? {};
  const reference = `re_${attemptId}`;
  return bank.tell(id, { type: "refund", reference, attemptId, amountMinor, state: "succeeded" });
};

it("voids: what a balance holds is free at once", async () => {
  const { id, accountId } = await bank.openBalance();
  expect(statusOf(await voidRest(id))).toBe("voided");
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 0n });
  expect(await bank.eventsOf(id)).toEqual(["authorized 1200", "voided 1200"]);
});

it("voids a card by an attempt, and closes an invoice that nobody has paid", async () => {
  const { id } = await told(AUTHORIZED);
  expect(await voidRest(id)).toMatchObject({ voidingMinor: 1_200n, voidedMinor: 0n });
  expect(await underWay(id)).toEqual(["void 1200"]);
  const invoice = await bank.open({ provider: "manual" });
  const closed = await voidRest(invoice.id);
  expect([statusOf(closed), isGivenBack(closed)]).toEqual(["voided", true]);
  expect(await bank.eventsOf(invoice.id)).toEqual(["opened 1200", "cancel_requested 1200"]);
});

it("refuses to void where nothing is authorized, or where it is under way", async () => {
  const { id } = await bank.openBalance();
  const before = await capture(id);
  await expect(voidRest(id)).rejects.toMatchObject({ code: "nothing_to_void" });
  expect(await bank.read(id)).toEqual(before);
  const card = await told(AUTHORIZED);
  await capture(card.id);
  await expect(voidRest(card.id)).rejects.toMatchObject({ code: "payment_in_flight" });
  expect(await underWay(card.id)).toEqual(["capture 1200"]);
});

it("refunds in parts, with the tax to the last cent", async () => {
  const { id, accountId } = await bank.openBalance({ amountMinor: 1_000n }); // tax 166
  await capture(id);
  await refund(id, { amountMinor: 1n, reason: "a scratch" });
  const all = await refund(id);
  expect(statusOf(all)).toBe("refunded");
  expect(all).toMatchObject({ taxReturnedMinor: 166n });
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 0n });
  expect((await bank.eventsOf(id)).slice(2)).toEqual(["refunded 1", "refunded 999"]);
  expect(await bank.attemptsOf(id)).toMatchObject([
    { act: "refund", state: "succeeded", reason: "a scratch" },
    { act: "refund", state: "succeeded", reason: null },
  ]);
});

it("refunds a card by an attempt, and an invoice in cash", async () => {
  const { id } = await told(AUTHORIZED, captured(1_200n));
  expect(await refund(id, { amountMinor: 500n })).toMatchObject({ refundingMinor: 500n, refundedMinor: 0n });
  expect(await underWay(id)).toEqual(["refund 500"]);
  const world = await readSystemBalance(bank, "world");
  const invoice = await bank.open({ provider: "manual" });
  await capture(invoice.id);
  expect(statusOf(await refund(invoice.id))).toBe("refunded");
  expect(await readSystemBalance(bank, "world")).toBe(world);
});

it("refuses to refund more than was captured, tax that is not in it, and to an account that is shut", async () => {
  const { id, accountId } = await bank.openBalance();
  await expect(refund(id)).rejects.toMatchObject({ code: "refund_exceeds_captured" });
  const before = await capture(id);
  const refusals: [Partial<RefundRequest>, string][] = [
    [{ amountMinor: 1_201n }, "refund_exceeds_captured"],
    [{ amountMinor: 0n }, "refund_exceeds_captured"],
    [{ amountMinor: 100n, taxMinor: 101n }, "tax_exceeds_payment"],
    [{ amountMinor: 100n, taxMinor: -1n }, "tax_exceeds_payment"],
    [{ amountMinor: 900n, taxMinor: 201n }, "tax_exceeds_payment"],
  ];
  for (const [request, code] of refusals) await expect(refund(id, request)).rejects.toMatchObject({ code });
  await bank.setAccount(accountId, "frozen");
  await expect(refund(id)).rejects.toMatchObject({ code: "account_frozen" });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.attemptsOf(id)).toEqual([]);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 8_800n, held: 0n });
});

it("refuses to refund what another refund, or a dispute, is about to take", async () => {
  const { id } = await told(AUTHORIZED, captured(1_200n));
  await refund(id, { amountMinor: 700n });
  await bank.tell(id, {
    type: "dispute",
    reference: `du_${id}`,
    amountMinor: 400n,
    state: "open",
    reason: undefined,
  });
  await expect(refund(id, { amountMinor: 101n })).rejects.toMatchObject({ code: "refund_exceeds_captured" });
  expect(await refund(id)).toMatchObject({ refundingMinor: 800n });
});

it("cancels a partly captured balance: the rest is free, the captured part refunded", async () => {
  const { id, accountId } = await bank.openBalance();
  await capture(id, { amountMinor: 200n, keepsRest: true });
  const cancelled = await cancel(id);
  expect(statusOf(cancelled)).toBe("refunded");
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 0n });
  expect(await cancel(id)).toEqual(cancelled); // again: nothing
});

it("cancels no captured balance whose account is shut, and then leaves nothing", async () => {
  const { id, accountId } = await bank.openBalance();
  const before = await capture(id);
  await bank.setAccount(accountId, "frozen");
  await expect(cancel(id)).rejects.toMatchObject({ code: "account_frozen" });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.eventsOf(id)).not.toContain("cancel_requested 1200");
});

it("failure 14: cancelled while a capture is under way, a card is cancelling until nothing is captured", async () => {
  const { id } = await told(AUTHORIZED);
  await capture(id, { amountMinor: 1_000n });
  expect(statusOf(await cancel(id))).toBe("cancelling");
  expect(await underWay(id)).toEqual(["capture 1000"]); // nobody knows yet what there is to give back
  await bank.tell(id, captured(1_000n));
  expect(await underWay(id)).toEqual(["refund 1000"]);
  const ended = await succeed(id);
  expect(ended).toMatchObject({ capturedMinor: 1_000n, refundedMinor: 1_000n, voidedMinor: 200n });
  expect([statusOf(ended), isGivenBack(ended)]).toEqual(["refunded", true]);
  expect(await underWay(id)).toEqual([]);
});

it("cancels a card that waits for its customer by a void, and one that nobody has answered once it is told", async () => {
  const waiting = await told({ type: "action_required", actionUrl: "https://bank.example.com/3ds" });
  await cancel(waiting.id);
  expect(await underWay(waiting.id)).toEqual(["authorize 1200", "void 1200"]);
  expect(await bank.tell(waiting.id, { type: "voided" })).toMatchObject({ failureCode: "voided" });
  expect(await underWay(waiting.id)).toEqual([]);
  const { id } = await bank.open();
  await cancel(id);
  expect(await underWay(id)).toEqual(["authorize 1200"]);
  await bank.tell(id, AUTHORIZED);
  expect(await underWay(id)).toEqual(["void 1200"]);
});

it("returns once where two want to at once, also at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  for (const second of [bank, other])
    for (const giveBack of [voidRest, (id: number, at = bank) => refund(id, {}, at), cancel]) {
      const { id, accountId } = await bank.openBalance();
      if (giveBack !== voidRest) await capture(id);
      await Promise.allSettled([giveBack(id, bank), giveBack(id, second)]);
      expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 0n });
      const returned = (await bank.eventsOf(id)).filter((event) => /^(voided|refunded) /.test(event));
      expect(returned).toHaveLength(1);
    }
  await other.close();
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
