// Properties of payments: whatever a provider did, and in whatever order and however often it tells, the payment ends as it
// is there, and payments, their events and the ledger agree.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  getPayment,
  type PaymentKeeper,
  recordOutcome,
  verifyPayments,
} from "../../src/modules/payments/index.ts";
import type { ProviderReport } from "../../src/modules/payments/providers/card-provider.ts";
import { AppError } from "../../src/values/app-error.ts";
import { openTestDesk, type TestDesk } from "../desk.ts";
import { openTestPayment } from "../payments.ts";

const AMOUNT = 1_200n;
let bank: TestDesk;
let keeper: PaymentKeeper;
beforeAll(async () => {
  bank = await openTestDesk();
  keeper = { db: bank.db, desk: bank.desk, assets: bank.assets, listener: () => undefined };
});
afterAll(() => bank.close());

/** What a provider did with a payment: each event says how things stood then. */
interface Truth {
  readonly events: readonly (readonly ProviderReport[])[];
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  readonly disputedMinor: bigint;
  readonly chargedBackMinor: bigint;
}

type Path = readonly ("pending" | "succeeded" | "failed")[];
const REFUND_PATHS: readonly Path[] = [
  ["succeeded"],
  ["pending", "succeeded"],
  ["pending", "failed"],
  ["succeeded", "failed"],
  ["pending", "succeeded", "failed"],
];
const DISPUTE_PATHS = [["open"], ["open", "won"], ["open", "lost"]] as const;

const truth: fc.Arbitrary<Truth> = fc
  .record({
    captures: fc.array(fc.bigInt({ min: 1n, max: 400n }), { minLength: 1, maxLength: 3 }),
    end: fc.constantFrom("open", "final", "voided"),
    refunds: fc.array(
      fc.record({ amount: fc.bigInt({ min: 1n, max: 300n }), path: fc.constantFrom(...REFUND_PATHS) }),
      { maxLength: 3 },
    ),
    disputes: fc.array(
      fc.record({ amount: fc.bigInt({ min: 1n, max: 300n }), path: fc.constantFrom(...DISPUTE_PATHS) }),
      { maxLength: 2 },
    ),
  })
  .map(({ captures, end, refunds, disputes }) => tellStory(captures, end, { refunds, disputes }));

interface Returned {
  readonly refunds: readonly { amount: bigint; path: Path }[];
  readonly disputes: readonly { amount: bigint; path: readonly ("open" | "won" | "lost")[] }[];
}

/** Returns are cut to what was captured. */
function tellStory(captures: readonly bigint[], end: string, { refunds, disputes }: Returned): Truth {
  const events: ProviderReport[][] = [[{ type: "authorized", totalMinor: AMOUNT }]];
  let captured = 0n;
  for (const [index, amount] of captures.entries()) {
    captured += amount;
    const isFinal = end === "final" && index === captures.length - 1;
    const told: ProviderReport = { type: "captured", totalMinor: captured, isFinal };
    events.push(isFinal ? [told] : [{ type: "authorized", totalMinor: AMOUNT }, told]);
  }
  if (end === "voided")
    events.push([{ type: "captured", totalMinor: captured, isFinal: false }, { type: "voided" }]);
  let [left, refunded, disputed, lost] = [captured, 0n, 0n, 0n];
  for (const [index, { amount, path }] of refunds.entries()) {
    const amountMinor = amount < left ? amount : left;
    if (amountMinor === 0n) continue;
    left -= amountMinor;
    if (path.at(-1) === "succeeded") refunded += amountMinor;
    for (const state of path)
      events.push([{ type: "refund", reference: `re_${index}`, attemptId: undefined, amountMinor, state }]);
  }
  for (const [index, { amount, path }] of disputes.entries()) {
    const amountMinor = amount < left ? amount : left;
    if (amountMinor === 0n) continue;
    left -= amountMinor;
    if (path.at(-1) === "open") disputed += amountMinor;
    if (path.at(-1) === "lost") lost += amountMinor;
    for (const state of path)
      events.push([{ type: "dispute", reference: `du_${index}`, amountMinor, state, reason: undefined }]);
  }
  return {
    events,
    capturedMinor: captured,
    refundedMinor: refunded,
    disputedMinor: disputed,
    chargedBackMinor: lost,
  };
}

/** Each event at least once, some again, in any order. */
const told = truth.chain((story) => {
  const places = story.events.map((_, index) => index);
  return fc
    .array(fc.constantFrom(...places), { maxLength: 5 })
    .chain((again) => fc.shuffledSubarray([...places, ...again], { minLength: places.length + again.length }))
    .map((order) => ({ story, order }));
});

/** What is refused as too early is told again, as the inbox does. */
async function tellAll(paymentId: number, reports: readonly (readonly ProviderReport[])[]): Promise<void> {
  let waiting = reports;
  for (let round = 0; waiting.length > 0; round++) {
    if (round > reports.length) throw new Error(`${waiting.length} reports can never be applied`);
    const early: (readonly ProviderReport[])[] = [];
    for (const each of waiting) {
      const answer = { reference: `charge ${paymentId}`, reports: each };
      await recordOutcome(keeper, { paymentId, answer }).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === "payment_in_flight")) throw error;
        early.push(each);
      });
    }
    waiting = early;
  }
}

it("ends as the provider has it, in whatever order and however often it tells", async () => {
  await fc.assert(
    fc.asyncProperty(told, async ({ story, order }) => {
      const { id } = await openTestPayment(bank);
      await tellAll(
        id,
        order.map((place) => story.events[place] ?? []),
      );
      const { events: _, ...amounts } = story;
      expect(await getPayment(bank.db, id)).toMatchObject(amounts);
    }),
    { numRuns: 60 },
  );
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
