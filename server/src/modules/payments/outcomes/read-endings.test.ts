import { expect, it } from "vitest";
import type { Attempt } from "../attempts/attempt.ts";
import { NO_MONEY, type Payment } from "../payment.ts";
import { type Known, readEndings } from "./read-endings.ts";

const PAYMENT: Payment = {
  id: 1,
  orderId: null,
  addsTo: null,
  customerId: null,
  provider: "sandbox",
  assetId: 1,
  currency: "EUR",
  amountMinor: 1_200n,
  taxMinor: 200n,
  captureMode: "manual",
  reference: null,
  accountId: null,
  holdId: null,
  methodToken: null,
  providerReference: null,
  actionUrl: null,
  failureCode: null,
  ...NO_MONEY,
  eventCount: 1,
  chargeCount: 1,
  version: 1,
};
const attempt = (id: number, act: Attempt["act"], fields: Partial<Attempt> = {}): Attempt => ({
  id,
  paymentId: 1,
  act,
  amountMinor: 1_200n,
  taxMinor: 200n,
  keepsRest: false,
  state: "sent",
  providerReference: null,
  reason: null,
  accountId: null,
  failureCode: null,
  failureMessage: null,
  actorId: "staff",
  askedCount: 1,
  dueAt: null,
  settledAt: null,
  attentionSince: null,
  isAnswered: false,
  ...fields,
});
const DONE = { state: "succeeded", settledAt: 9 } as const;
const AUTHORIZED = { authorizedMinor: 1_200n };
const known = (payment: Partial<Payment>, attempts: readonly Attempt[], attemptId?: number): Known => ({
  payment: { ...PAYMENT, ...payment },
  attempts,
  attemptId,
});
/** `act event amount of attempt`. */
const read = (...[at, report]: Parameters<typeof readEndings>) =>
  readEndings(at, report).map(
    ({ act, event, amountMinor, attempt: ended }) =>
      `${act} ${event} ${amountMinor} of ${ended?.id ?? "none"}`,
  );

it("reads nothing out of totals that are known, or older than what is known", () => {
  const at = known({ ...AUTHORIZED, capturedMinor: 900n }, [attempt(1, "authorize", DONE)]);
  expect(read(at, { type: "authorized", totalMinor: 1_200n })).toEqual([]);
  expect(read(at, { type: "captured", totalMinor: 900n, isFinal: false })).toEqual([]);
  expect(read(at, { type: "captured", totalMinor: 500n, isFinal: true })).toEqual([]);
});

it("reads out of a capture what it says of the authorization before it and of the rest after it", () => {
  const attempts = [attempt(1, "authorize"), attempt(2, "capture", { amountMinor: 900n, taxMinor: 7n })];
  const report = { type: "captured", totalMinor: 900n, isFinal: true } as const;
  expect(read(known({}, attempts), report)).toEqual(["authorize done 900 of 1", "capture done 900 of 2"]);
  expect(read(known(AUTHORIZED, attempts), report)).toEqual([
    "capture done 900 of 2",
    "void done 300 of none",
  ]);
  const [captured] = readEndings(known(AUTHORIZED, attempts), report);
  expect(captured).toMatchObject({ taxMinor: 7n, attemptId: 2, isTotal: true });
});

it("names the authorization's attempt in a capture that nobody here asked for", () => {
  const at = known(AUTHORIZED, [attempt(1, "authorize", DONE)]);
  const [captured] = readEndings(at, { type: "captured", totalMinor: 5n, isFinal: false });
  expect(captured).toMatchObject({ attempt: undefined, attemptId: 1, taxMinor: undefined });
});

it("frees what is left of an authorization that is told after its final capture, and of no other", () => {
  const report = { type: "authorized", totalMinor: 1_200n } as const;
  const payment = { authorizedMinor: 900n, capturedMinor: 900n };
  const after = (capture: Partial<Attempt>) => [
    attempt(1, "authorize", DONE),
    attempt(2, "capture", { ...DONE, ...capture }),
  ];
  const authorized = "authorize done 300 of 1";
  expect(read(known(payment, after({})), report)).toEqual([authorized, "void done 300 of none"]);
  expect(read(known(payment, after({ keepsRest: true })), report)).toEqual([authorized]);
  expect(read(known({ ...payment, captureMode: "automatic" }, after({ keepsRest: true })), report)).toEqual([
    authorized,
    "void done 300 of none",
  ]);
});

it("ends all that is open but refunds where the payment is voided, and frees the rest once", () => {
  const attempts = [
    attempt(1, "authorize", DONE),
    attempt(2, "capture"),
    attempt(3, "refund"),
    attempt(4, "void"),
  ];
  expect(read(known(AUTHORIZED, attempts), { type: "voided" })).toEqual([
    "capture refused 1200 of 2",
    "void done 0 of 4",
    "void done 1200 of none",
  ]);
  expect(read(known({}, [attempt(1, "authorize", DONE)]), { type: "voided" })).toEqual([]);
});

it("means by a failure the attempt that was asked about, else the newest that is open", () => {
  const attempts = [attempt(2, "capture"), attempt(3, "capture"), attempt(4, "capture", DONE)];
  const report = { type: "capture_failed", code: "no", message: "not now" } as const;
  expect(read(known(AUTHORIZED, attempts, 2), report)).toEqual(["capture refused 1200 of 2"]);
  expect(read(known(AUTHORIZED, attempts), report)).toEqual(["capture refused 1200 of 3"]);
  expect(read(known(AUTHORIZED, attempts, 4), report)).toEqual(["capture refused 1200 of 3"]);
  expect(read(known(AUTHORIZED, attempts), { ...report, type: "void_failed" })).toEqual([]);
});
