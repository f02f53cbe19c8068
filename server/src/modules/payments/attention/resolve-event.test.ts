import { expect, it } from "vitest";
import { answerOf, keyed, readTopics, STAFF } from "../../../../tests/desk.ts";
import { captured, openTestPayments } from "../../../../tests/payments.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { verifyPayments } from "../index.ts";
import type { ProviderReport } from "../providers/card-provider.ts";
import type { HeldEvent } from "./held-event.ts";
import { selectHeldEvents } from "./held-event-store.ts";
import { holdEvent } from "./hold-event.ts";
import { type EventDecision, submitEventDecision } from "./resolve-event.ts";

const bank = await shareInFile(openTestPayments());

let count = 0;
/** An event of a payment that is charged at once, with what it says. */
async function hold(...reports: ProviderReport[]): Promise<HeldEvent> {
  const { id: paymentId } = await bank.open({ captureMode: "automatic" });
  const event = { paymentId, provider: "sandbox", eventId: `sbe_${++count}`, type: "charge.captured" };
  const answer = reports.length === 0 ? null : { reference: `charge ${paymentId}`, reports };
  for (let time = 0; time < 2; time += 1) await holdEvent(bank.keeper, { ...event, why: "15.00", answer });
  const held = await selectHeldEvents(bank.db, paymentId);
  expect(held).toHaveLength(1);
  return held[0] as HeldEvent;
}

const submit = (id: number, decision: Partial<EventDecision> = {}, key?: string) =>
  submitEventDecision(
    bank.keeper,
    { actor: STAFF, key: key === undefined ? undefined : keyed(STAFF, key) },
    { id, resolution: "accepted", note: "seen there", ...decision },
  );
const decide = async (...args: Parameters<typeof submit>) => answerOf(await submit(...args));
const readHeld = async ({ paymentId }: HeldEvent) => (await selectHeldEvents(bank.db, paymentId))[0];

it("F6-6 holds an event once, and leaves its payment as it is", async () => {
  const held = await hold(captured(1_500n));
  expect(held).toMatchObject({ resolution: null, why: "15.00", answer: { reports: [captured(1_500n)] } });
  expect(await bank.eventsOf(held.paymentId)).toEqual(["opened 1200"]);
  expect(await bank.read(held.paymentId)).toMatchObject({ version: 1, authorizingMinor: 1_200n });
  expect(await readTopics(bank.db)).toContain("payment.event_held");
});

it("F6-6 applies what is accepted, whatever was asked for", async () => {
  const held = await hold(captured(1_500n));
  expect(await decide(held.id, {}, "accept")).toMatchObject({ captured: "15.00", status: "captured" });
  expect(await readHeld(held)).toMatchObject({
    resolution: "accepted",
    resolvedBy: STAFF.id,
    note: "seen there",
  });
  expect(await decide(held.id, {}, "accept")).toMatchObject({ captured: "15.00" }); // the same key again
});

it("F6-6 dismisses without a trace in the payment", async () => {
  const held = await hold(captured(1_500n));
  const before = await bank.read(held.paymentId);
  await decide(held.id, { resolution: "dismissed" });
  expect(await bank.read(held.paymentId)).toEqual(before);
  expect(await readHeld(held)).toMatchObject({ resolution: "dismissed" });
});

it("F6-6 is decided once, also by two at once", async () => {
  const held = await hold(captured(1_500n));
  const outcomes = await Promise.all([submit(held.id), submit(held.id, { resolution: "dismissed" })]);
  expect(outcomes.filter((outcome) => "refused" in outcome)).toHaveLength(1);
  await expectRefusal(bank.db, () => decide(held.id), { kind: "conflict", code: "event_not_open" });
  await expectRefusal(bank.db, () => decide(1), { kind: "conflict", code: "event_not_open" });
});

it("F6-6 accepts nothing that cannot be applied", async () => {
  const unreadable = await hold();
  await expectRefusal(bank.db, () => decide(unreadable.id), { code: "event_not_acceptable" });
  const refund = { type: "refund", reference: "re_1", attemptId: undefined, amountMinor: 5n } as const;
  const early = await hold({ ...refund, state: "succeeded" });
  await expectRefusal(bank.db, () => decide(early.id), { code: "event_not_acceptable" });
  await decide(early.id, { resolution: "dismissed" });
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
