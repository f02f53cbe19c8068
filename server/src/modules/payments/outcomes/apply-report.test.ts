import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { AUTHORIZED, captured, openTestPayments } from "../../../../tests/payments.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { submitCapture, submitVoid } from "../change-payment.ts";
import { verifyPayments } from "../index.ts";
import { statusOf } from "../payment.ts";

const bank = await shareInFile(openTestPayments());

const commandOn = (paymentId: number) => ({ paymentId, actor: STAFF });
/** `act state` of each attempt. */
const attemptsOf = async (id: number) =>
  (await bank.attemptsOf(id)).map(({ act, state }) => `${act} ${state}`);

it("authorizes, and more of it where the provider's total grows", async () => {
  const { id } = await bank.open();
  expect(await bank.accept(id, { ...AUTHORIZED, totalMinor: 500n })).toMatchObject({ authorizedMinor: 500n });
  expect(await bank.tell(id, AUTHORIZED)).toMatchObject({ authorizedMinor: 1_200n, authorizingMinor: 0n });
  expect(await bank.eventsOf(id)).toEqual(["opened 1200", "authorized 500", "authorized 700"]);
  expect(await attemptsOf(id)).toEqual(["authorize succeeded"]);
});

it("takes for authorized what is captured, and for free what a final capture leaves", async () => {
  const { id } = await bank.open();
  expect(await bank.tell(id, captured(900n, false))).toMatchObject({
    authorizedMinor: 900n,
    capturedMinor: 900n,
  });
  await bank.tell(id, AUTHORIZED);
  expect(await bank.tell(id, captured(900n))).toMatchObject({ voidedMinor: 300n, capturedMinor: 900n });
  expect((await bank.eventsOf(id)).slice(1)).toEqual([
    "authorized 900",
    "captured 900",
    "authorized 300",
    "voided 300",
  ]);
});

it("takes the tax that was asked for, and the payment's share of any other amount", async () => {
  const { id } = await bank.open();
  await bank.tell(id, AUTHORIZED);
  await submitCapture(bank.keeper, commandOn(id), { amount: "6.00" });
  expect(await bank.accept(id, captured(500n, false))).toMatchObject({
    taxCapturedMinor: 83n,
    capturingMinor: 0n,
  });
  expect(await bank.tell(id, captured(1_200n))).toMatchObject({ taxCapturedMinor: 200n });
});

it("failure 16: an authorization told after the capture that ended it leaves nothing to capture or to void", async () => {
  const { id } = await bank.open({ captureMode: "automatic" });
  await bank.accept(id, captured(900n));
  expect(await bank.tell(id, AUTHORIZED)).toMatchObject({
    authorizedMinor: 1_200n,
    voidedMinor: 300n,
    capturedMinor: 900n,
  });
});

it("ends all that is under way where the provider has voided the payment", async () => {
  const { id } = await bank.open();
  await bank.tell(id, AUTHORIZED);
  await submitCapture(bank.keeper, commandOn(id), { amount: "5.00", keepsRest: true });
  await submitVoid(bank.keeper, commandOn(id));
  const voided = await bank.tell(id, { type: "voided" });
  expect(voided).toMatchObject({ voidedMinor: 1_200n, capturingMinor: 0n, voidingMinor: 0n });
  expect(await attemptsOf(id)).toEqual(["authorize succeeded", "capture failed", "void succeeded"]);
  expect((await bank.eventsOf(id)).slice(2)).toEqual(["capture_failed 500", "voided 1200"]);
  expect(await bank.tell(id, { type: "voided" })).toEqual(voided);
});

it("fails an authorization that the provider has voided before there was one", async () => {
  const { id } = await bank.open();
  const voided = await bank.tell(id, { type: "voided" });
  expect(voided).toMatchObject({ failureCode: "voided", voidedMinor: 0n, authorizingMinor: 0n });
  expect(statusOf(voided)).toBe("failed");
});

it("sends the customer to confirm, once, and no longer once it is decided", async () => {
  const { id } = await bank.open();
  const action = { type: "action_required", actionUrl: "https://bank.example.com/3ds" } as const;
  const asked = await bank.tell(id, action);
  expect(statusOf(asked)).toBe("action_required");
  expect(await bank.tell(id, action)).toEqual(asked);
  const authorized = await bank.tell(id, AUTHORIZED);
  expect(authorized).toMatchObject({ actionUrl: null });
  expect(await bank.tell(id, action)).toEqual(authorized);
});

it("notes why the provider refused, of each act that is under way, and of none that is not", async () => {
  const failure = { code: "no", message: "not now" };
  const { id } = await bank.open();
  await bank.tell(id, AUTHORIZED);
  const before = await bank.read(id);
  expect(await bank.tell(id, { ...failure, type: "capture_failed" })).toEqual(before);
  await submitCapture(bank.keeper, commandOn(id), {});
  expect(await bank.tell(id, { ...failure, type: "capture_failed" })).toMatchObject({ capturingMinor: 0n });
  await submitVoid(bank.keeper, commandOn(id));
  expect(await bank.tell(id, { ...failure, type: "void_failed" })).toMatchObject({ voidingMinor: 0n });
  expect((await bank.eventsOf(id)).slice(2)).toEqual(["capture_failed 1200", "void_failed 1200"]);
  expect((await bank.attemptsOf(id)).slice(1)).toMatchObject([
    { state: "failed", failureCode: "no", failureMessage: "not now" },
    { state: "failed", failureCode: "no", failureMessage: "not now" },
  ]);
  const declined = await bank.open();
  expect(await bank.tell(declined.id, { ...failure, type: "authorization_failed" })).toMatchObject({
    failureCode: "no",
    authorizingMinor: 0n,
  });
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
