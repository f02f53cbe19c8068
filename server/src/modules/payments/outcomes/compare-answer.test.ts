import { describe, expect, it } from "vitest";
import type { Attempt } from "../attempts/attempt.ts";
import { NO_MONEY, type Payment } from "../payment.ts";
import type { ProviderReport } from "../providers/card-provider.ts";
import { type Asked, compareAnswer, compareReport } from "./compare-answer.ts";
import type { Dispute } from "./dispute.ts";

const PAYMENT = {
  currency: "EUR",
  amountMinor: 1_200n,
  captureMode: "manual",
  ...NO_MONEY,
} as Payment;
const attempt = (act: Attempt["act"], amountMinor: bigint, fields: Partial<Attempt> = {}): Attempt =>
  ({
    id: Number(amountMinor),
    act,
    amountMinor,
    settledAt: null,
    providerReference: null,
    ...fields,
  }) as Attempt;
const asked = (
  payment: Partial<Payment>,
  attempts: readonly Attempt[] = [],
  disputes: readonly Dispute[] = [],
): Asked => ({ payment: { ...PAYMENT, ...payment }, attempts, disputes, write: String });

const authorized = (totalMinor: bigint): ProviderReport => ({ type: "authorized", totalMinor });
const captured = (totalMinor: bigint): ProviderReport => ({ type: "captured", totalMinor, isFinal: true });
const refund = (amountMinor: bigint, attemptId?: number): ProviderReport => ({
  type: "refund",
  reference: "re_1",
  attemptId,
  amountMinor,
  state: "succeeded",
});
const dispute = (amountMinor: bigint): ProviderReport => ({
  type: "dispute",
  reference: "du_1",
  amountMinor,
  state: "lost",
  reason: undefined,
});

const AUTHORIZED = { authorizedMinor: 1_200n };
const CHARGED = { ...AUTHORIZED, capturedMinor: 1_200n };
const AT_ONCE = { captureMode: "automatic" } as const;
const KNOWN = { reference: "du_1", amountMinor: 300n, reportedMinor: 500n } as Dispute;

const FITS: readonly (readonly [string, Asked, ProviderReport])[] = [
  ["all is authorized", asked({}), authorized(1_200n)],
  [
    "it is told again, though a part is captured",
    asked({ ...AUTHORIZED, capturedMinor: 500n }),
    authorized(1_200n),
  ],
  [
    "it is told again, though a person took more for true",
    asked({ authorizedMinor: 1_500n }),
    authorized(1_500n),
  ],
  ["all is charged at once", asked(AT_ONCE), captured(1_200n)],
  ["an older total is told late", asked(CHARGED), captured(500n)],
  ["a capture under way is done", asked(AUTHORIZED, [attempt("capture", 500n)]), captured(500n)],
  [
    "one of two is done",
    asked(AUTHORIZED, [attempt("capture", 500n), attempt("capture", 400n)]),
    captured(400n),
  ],
  ["both are done", asked(AUTHORIZED, [attempt("capture", 500n), attempt("capture", 400n)]), captured(900n)],
  ["a part is captured there", asked(AUTHORIZED), captured(700n)],
  ["a refund of ours is done", asked(CHARGED, [attempt("refund", 500n)]), refund(500n, 500)],
  ["a refund is made there", asked(CHARGED), refund(1_200n)],
  ["a refund there overtakes the capture", asked({ authorizingMinor: 1_200n }), refund(1_200n)],
  ["a part is in dispute", asked(CHARGED), dispute(1n)],
  ["a dispute ends as it began, though less was ours", asked(CHARGED, [], [KNOWN]), dispute(500n)],
];
const DIFFERS: readonly (readonly [string, Asked, ProviderReport])[] = [
  ["less is authorized", asked({}), authorized(1_199n)],
  ["more is authorized", asked({}), authorized(1_201n)],
  ["less is charged at once", asked(AT_ONCE), captured(1_199n)],
  ["more is charged at once", asked(AT_ONCE), captured(1_201n)],
  ["more is charged later", asked({ ...AT_ONCE, ...CHARGED }), captured(1_300n)],
  ["less than a capture under way asks for", asked(AUTHORIZED, [attempt("capture", 500n)]), captured(499n)],
  ["more than captures under way ask for", asked(AUTHORIZED, [attempt("capture", 500n)]), captured(1_200n)],
  ["more is captured there than was authorized", asked(AUTHORIZED), captured(1_201n)],
  ["a refund of ours is of less", asked(CHARGED, [attempt("refund", 500n)]), refund(499n, 500)],
  ["a refund there is of more than was captured", asked(CHARGED), refund(1_201n)],
  ["a refund there is of nothing", asked(CHARGED), refund(0n)],
  ["a dispute is of more than was captured", asked(CHARGED), dispute(1_201n)],
  ["a dispute ends otherwise than it began", asked(CHARGED, [], [KNOWN]), dispute(300n)],
];

describe("F6-6 a report is compared with what was asked for", () => {
  it.each(FITS)("%s: it fits", (_case, at, report) => {
    expect(compareReport(at, report)).toBeUndefined();
  });
  it.each(DIFFERS)("%s: it differs", (_case, at, report) => {
    expect(compareReport(at, report)).toBeDefined();
  });
  it.each(["authorization_failed", "capture_failed", "void_failed"] as const)(
    "%s names no amount of its own",
    (type) => {
      expect(compareReport(asked({}), { type, code: "no", message: "no" })).toBeUndefined();
    },
  );
});

describe("F6-6 an answer is compared with its payment", () => {
  const answer = { reference: "ch_1", reports: [] };
  it("by its currency and by the amount of the whole, where they are told", () => {
    expect(compareAnswer(asked({}), answer)).toBeUndefined();
    expect(compareAnswer(asked({}), { ...answer, currency: "EUR", amountMinor: 1_200n })).toBeUndefined();
    expect(compareAnswer(asked({}), { ...answer, currency: "JPY" })).toContain("in JPY");
    expect(compareAnswer(asked({}), { ...answer, currency: "EUR", amountMinor: 1n })).toContain(
      "payment of 1,",
    );
    expect(compareAnswer(asked({}), { ...answer, problem: "no amount" })).toBe("no amount");
  });
});
