import { expect, it } from "vitest";
import { answerOf, keyed, readTopics, STAFF } from "../../../tests/desk.ts";
import { AUTHORIZED, openTestPayments } from "../../../tests/payments.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import type { AppError } from "../../values/app-error.ts";
import { rereadFirst } from "../desk/index.ts";
import {
  type Resolution,
  submitCapture,
  submitRefund,
  submitResolution,
  submitVoid,
} from "./change-payment.ts";
import { verifyPayments } from "./index.ts";
import { type Payment, statusOf } from "./payment.ts";
import type { PaymentListener } from "./payment-listener.ts";
import type { PaymentKeeper } from "./submit-change.ts";

const bank = await shareInFile(openTestPayments());

const commandOn = (paymentId: number, key?: string) => ({
  paymentId,
  actor: STAFF,
  key: key === undefined ? undefined : keyed(STAFF, key),
});
/** A card's payment that is authorized, with so much of it being captured. */
async function capturing(...amounts: string[]): Promise<Payment> {
  const { id } = await bank.open();
  await bank.tell(id, AUTHORIZED);
  for (const amount of amounts)
    answerOf(await submitCapture(bank.keeper, commandOn(id), { amount, keepsRest: true }));
  return bank.read(id);
}
async function resolve(paymentId: number, resolution: Partial<Resolution> = {}): Promise<Payment> {
  const attempt = (await bank.attemptsOf(paymentId)).findLast(({ settledAt }) => settledAt === null);
  const told = { attemptId: attempt?.id ?? 0, outcome: "succeeded", note: "looked up there" } as const;
  answerOf(await submitResolution(bank.keeper, commandOn(paymentId), { ...told, ...resolution }));
  return bank.read(paymentId);
}

it("answers the payment as it is afterwards, a refund with its own state", async () => {
  const { id } = await bank.openBalance();
  const captured = answerOf(await submitCapture(bank.keeper, commandOn(id), { amount: "10.00" }));
  expect(captured).toMatchObject({
    id: String(id),
    status: "partly_captured",
    captured: "10.00",
    voided: "2.00",
  });
  const refund = { amount: "4.00", reason: "a scratch" };
  expect(answerOf(await submitRefund(bank.keeper, commandOn(id), refund))).toMatchObject({
    refunded: "4.00",
    refund: { act: "refund", state: "succeeded", amount: "4.00", reason: "a scratch" },
  });
  const other = await bank.openBalance();
  expect(answerOf(await submitVoid(bank.keeper, commandOn(other.id)))).toMatchObject({ status: "voided" });
  expect(await readTopics(bank.db)).toEqual(
    expect.arrayContaining(["payment.captured", "payment.refunded", "payment.voided"]),
  );
});

it("refuses payments that do not exist, and amounts that are none, before anything is remembered", async () => {
  const act = (id: number, amount: string) =>
    submitCapture(bank.keeper, commandOn(id, "no amount"), { amount });
  await expect(act(1, "1.00")).rejects.toMatchObject({ code: "payment_not_found" });
  await expect(submitVoid(bank.keeper, commandOn(1))).rejects.toMatchObject({ code: "payment_not_found" });
  const { id } = await bank.openBalance();
  for (const amount of ["0", "1.001", "-1.00", "one"])
    await expect(act(id, amount), amount).rejects.toMatchObject({
      code: "invalid_request",
      details: { fields: [{ field: "amount" }] },
    });
  expect(answerOf(await act(id, "1.00"))).toMatchObject({ captured: "1.00" });
});

it("hands a refusal on, remembers it under its key, and leaves nothing of it", async () => {
  const { id, accountId } = await bank.openBalance();
  const before = await bank.read(id);
  const refuse = () => submitCapture(bank.keeper, commandOn(id, "too much"), { amount: "12.01" });
  expect(await refuse()).toMatchObject({ refused: { code: "capture_exceeds_authorized" }, replayed: false });
  expect(await refuse()).toMatchObject({ refused: { code: "capture_exceeds_authorized" }, replayed: true });
  const refund = await submitRefund(bank.keeper, commandOn(id), {});
  expect(refund).toMatchObject({ refused: { code: "refund_exceeds_captured" } });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 1_200n });
});

it("answers a repeated key with the same words, and acts once, also where both come at once", async () => {
  const { id, accountId } = await bank.openBalance();
  await submitCapture(bank.keeper, commandOn(id), {});
  const refund = () => submitRefund(bank.keeper, commandOn(id, "refund once"), { amount: "2.00" });
  const [first, second] = await Promise.all([refund(), refund()]);
  expect(answerOf(second)).toEqual(answerOf(first));
  expect(answerOf(await refund())).toEqual(answerOf(first));
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 9_000n, held: 0n });
});

it("lets one of two refunds through where there is money for one, also at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const { id, accountId } = await bank.openBalance();
  await submitCapture(bank.keeper, commandOn(id), {});
  const both = await Promise.all(
    [bank, other].map(({ keeper }) => submitRefund(keeper, commandOn(id), { amount: "7.00" })),
  );
  await other.close();
  expect(both.filter((outcome) => "refused" in outcome)).toMatchObject([
    { refused: { code: "refund_exceeds_captured" } },
  ]);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 9_500n, held: 0n });
});

/** What the listener does, with what it was told. */
function listening(onChange: () => AppError | undefined): { keeper: PaymentKeeper; heard: string[] } {
  const heard: string[] = [];
  const listener: PaymentListener = {
    prepare: async () => ({ needs: [], scope: { accountIds: [], stampCount: 0 } }),
    onChange: (_desk, { before, after, actorId }) => {
      heard.push(`${actorId}: ${statusOf(before)} → ${statusOf(after)}`);
      return onChange();
    },
  };
  return { keeper: { ...bank.keeper, listener: () => listener }, heard };
}

it("tells the listener in the same commit, and undoes everything where it wants to read again", async () => {
  const { id } = await bank.openBalance();
  const once = [rereadFirst()];
  const { keeper, heard } = listening(() => once.pop());
  answerOf(await submitCapture(keeper, commandOn(id), {}));
  expect(heard).toEqual(["staff: authorized → captured", "staff: authorized → captured"]);
  expect(await bank.eventsOf(id)).toEqual(["authorized 1200", "captured 1200"]);
  const stubborn = listening(rereadFirst);
  expect(await submitRefund(stubborn.keeper, commandOn(id), {})).toMatchObject({
    refused: { code: "try_again" },
  });
  expect(await bank.eventsOf(id)).toEqual(["authorized 1200", "captured 1200"]);
  expect(await bank.attemptsOf(id)).toEqual([]);
});

it("believes a person that an authorization, a capture, a void, or a refund succeeded", async () => {
  const { id } = await bank.open();
  expect(await resolve(id, { providerReference: `pi_${id}` })).toMatchObject({
    authorizedMinor: 1_200n,
    authorizingMinor: 0n,
    providerReference: `pi_${id}`,
  });
  await submitCapture(bank.keeper, commandOn(id), { amount: "9.00" });
  expect(await resolve(id)).toMatchObject({ capturedMinor: 900n, voidedMinor: 300n, capturingMinor: 0n });
  await submitRefund(bank.keeper, commandOn(id), { amount: "2.00" });
  expect(await resolve(id, { providerReference: "re_1" })).toMatchObject({
    refundedMinor: 200n,
    refundingMinor: 0n,
    providerReference: `pi_${id}`,
  });
  expect((await bank.attemptsOf(id)).at(-1)).toMatchObject({ state: "succeeded", providerReference: "re_1" });
  const automatic = await bank.open({ captureMode: "automatic" });
  expect(await resolve(automatic.id)).toMatchObject({ authorizedMinor: 1_200n, capturedMinor: 1_200n });
  const voided = await capturing();
  await submitVoid(bank.keeper, commandOn(voided.id));
  expect(await resolve(voided.id)).toMatchObject({ voidedMinor: 1_200n, voidingMinor: 0n });
});

it("believes a person that an attempt failed, of each act", async () => {
  const failed = { outcome: "failed" } as const;
  const { id } = await bank.open();
  expect(await resolve(id, failed)).toMatchObject({
    failureCode: "resolved_as_failed",
    authorizingMinor: 0n,
  });
  const card = await capturing("12.00");
  expect(await resolve(card.id, failed)).toMatchObject({ capturingMinor: 0n, capturedMinor: 0n });
  await submitVoid(bank.keeper, commandOn(card.id));
  expect(await resolve(card.id, failed)).toMatchObject({ voidingMinor: 0n, voidedMinor: 0n });
  await submitCapture(bank.keeper, commandOn(card.id), {});
  await resolve(card.id);
  await submitRefund(bank.keeper, commandOn(card.id), {});
  expect(await resolve(card.id, failed)).toMatchObject({ refundingMinor: 0n, refundedMinor: 0n });
  const types = (await bank.eventsOf(card.id)).map((event) => event.split(" ")[0]);
  expect(types).toEqual([
    "opened",
    "authorized",
    "capture_failed",
    "void_failed",
    "captured",
    "refund_failed",
  ]);
});

it("ends the attempt that the person names, of two under way", async () => {
  const { id } = await capturing("3.00", "4.00");
  const [, first] = await bank.attemptsOf(id);
  const attemptId = first?.id ?? 0;
  expect(await resolve(id, { attemptId, outcome: "failed" })).toMatchObject({ capturingMinor: 400n });
  expect(await bank.attemptsOf(id)).toMatchObject([{}, { state: "failed" }, { state: "created" }]);
  expect(await resolve(id)).toMatchObject({ capturedMinor: 400n, capturingMinor: 0n });
});

it("refuses to resolve an attempt that is final, or another payment's", async () => {
  const { id } = await bank.open();
  const other = await bank.open();
  const [attempt] = await bank.attemptsOf(other.id);
  const [own] = await bank.attemptsOf(id);
  const refused = { code: "attempt_not_open" };
  await expect(resolve(id, { attemptId: attempt?.id ?? 0 })).rejects.toMatchObject(refused);
  const [first, second] = await Promise.allSettled([resolve(id), resolve(id, { outcome: "failed" })]);
  expect([first.status, second.status].toSorted()).toEqual(["fulfilled", "rejected"]);
  await expect(resolve(id, { attemptId: own?.id ?? 0 })).rejects.toMatchObject(refused);
});

it("gives back what a cancelled payment turns out to have", async () => {
  const { id } = await bank.open();
  answerOf(await submitResolution(bank.keeper, commandOn(id), await failedAttemptOf(id)));
  const late = await bank.tell(id, AUTHORIZED); // the person was wrong
  expect(late).toMatchObject({ cancelRequested: true, voidingMinor: 1_200n });
  expect(await resolve(id)).toMatchObject({ voidedMinor: 1_200n, voidingMinor: 0n });
});

async function failedAttemptOf(id: number): Promise<Resolution> {
  const [attempt] = await bank.attemptsOf(id);
  return { attemptId: attempt?.id ?? 0, outcome: "failed", note: "never arrived" };
}

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
