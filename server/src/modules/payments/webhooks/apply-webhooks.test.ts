import { expect, it } from "vitest";
import { openTestPayments } from "../../../../tests/payments.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { makeStandingClock } from "../../../../tests/standing-clock.ts";
import { createLog } from "../../../runtime/log.ts";
import { verifyPayments } from "../index.ts";
import { createSandbox } from "../providers/sandbox/sandbox.ts";
import type { SandboxDocument } from "../providers/sandbox/sandbox-document.ts";
import type { PaymentKeeper } from "../submit-change.ts";
import { applyDueWebhooks, forgetOldWebhooks, type Inbox } from "./apply-webhooks.ts";
import { insertWebhook } from "./inbox-store.ts";

const bank = await shareInFile(openTestPayments());
const { now, wait } = makeStandingClock();

function openInbox(fields: Partial<Inbox> = {}): Inbox {
  const { db, keeper } = bank;
  const options = { secret: "", publicUrl: "http://shop", delayMs: 0, onTold: () => undefined };
  const providers = new Map([["sandbox" as const, { provider: createSandbox({ db, ...options }) }]]);
  return { ...keeper, providers, log: createLog("silent"), clock: now, ...fields };
}
const apply = (fields?: Partial<Inbox>) => applyDueWebhooks(openInbox(fields));

let count = 0;
/** Puts a webhook about a charge in the inbox; returns its event's id. */
async function tell(paymentId: number, data: Partial<SandboxDocument>): Promise<string> {
  const eventId = `sbe_${++count}`;
  const document = {
    reference: `charge ${paymentId}`,
    status: "captured",
    currency: "EUR",
    amount: "1200",
    authorized: "1200",
    captured: "1200",
  };
  const event = { type: "charge.told", metadata: { payment_id: paymentId }, data: { ...document, ...data } };
  const body = JSON.stringify({ id: eventId, ...event });
  await insertWebhook(bank.db, { provider: "sandbox", eventId, type: event.type, body });
  return eventId;
}
async function rowOf(eventId: string) {
  const [row] = await bank.db<{ state: string; tries: number; last_error: string | null }[]>`
    SELECT state, tries, last_error FROM payments.inbox WHERE event_id = ${eventId}`;
  return row;
}
const disputed = { reference: "sbd_1", amount: "500", status: "open" } as const;

it("applies what is due to its payment, in the order it came", async () => {
  const { id } = await bank.open();
  const events = [
    await tell(id, { status: "authorized", captured: "0" }),
    await tell(id, {}),
    await tell(id, { dispute: disputed }),
  ];
  expect(await apply()).toBe(3);
  expect(await bank.eventsOf(id)).toEqual([
    "opened 1200",
    "authorized 1200",
    "captured 1200",
    "disputed 500",
  ]);
  for (const event of events) expect(await rowOf(event)).toMatchObject({ state: "done", tries: 1 });
  expect(await apply()).toBe(0);
});

it("lets the same told by a second event change nothing", async () => {
  const { id } = await bank.open();
  await tell(id, {});
  await apply();
  const before = await bank.read(id);
  const again = await tell(id, {});
  await apply();
  expect(await rowOf(again)).toMatchObject({ state: "done" });
  expect(await bank.read(id)).toEqual(before);
});

it("sets aside what reports nothing of a payment", async () => {
  const { id } = await bank.open();
  const event = await tell(id, { status: "processing", authorized: "0", captured: "0" });
  await apply();
  expect(await rowOf(event)).toMatchObject({ state: "ignored", last_error: null });
});

it("failure 7: a webhook that comes before we know its payment waits until we do, and is applied", async () => {
  const { id } = await bank.open();
  const early = id + 1_000_000_000_000;
  const event = await tell(early, {});
  expect(await apply()).toBe(1);
  expect(await rowOf(event)).toMatchObject({
    state: "received",
    tries: 1,
    last_error: expect.stringContaining("not known yet"),
  });
  expect(await apply()).toBe(0); // not yet again
  // The charge's id is what tells the payment, once the answer to the call has told it.
  await bank.db`UPDATE payments.payments SET provider_reference = ${`charge ${early}`} WHERE id = ${id}`;
  wait(2);
  expect(await apply()).toBe(1);
  expect(await rowOf(event)).toMatchObject({ state: "done", tries: 2 });
  expect(await bank.read(id)).toMatchObject({ capturedMinor: 1_200n });
});

it("failure 7: a dispute that overtakes the capture waits for it", async () => {
  const { id } = await bank.open();
  const event = await tell(id, { status: "processing", dispute: disputed, captured: "0" });
  await apply();
  expect(await rowOf(event)).toMatchObject({
    state: "received",
    last_error: expect.stringContaining("payment_in_flight"),
  });
  await tell(id, {});
  await apply();
  wait(2);
  await apply();
  expect(await bank.read(id)).toMatchObject({ capturedMinor: 1_200n, disputedMinor: 500n });
});

it("failure 9: a webhook whose work fails stays in the inbox with its error and is done later, once", async () => {
  const { id } = await bank.open();
  const broken = {
    prepare: () => Promise.reject(new Error("the handler has a bug")),
    onChange: () => undefined,
  };
  const keeper: PaymentKeeper = { ...bank.keeper, listener: () => broken };
  const event = await tell(id, {});
  await apply(keeper);
  expect(await rowOf(event)).toMatchObject({
    state: "received",
    tries: 1,
    last_error: "Error: the handler has a bug",
  });
  expect(await bank.eventsOf(id)).toEqual(["opened 1200"]);
  wait(2);
  await apply();
  await apply();
  expect(await rowOf(event)).toMatchObject({ state: "done", tries: 2, last_error: null });
  expect(await bank.eventsOf(id)).toEqual(["opened 1200", "authorized 1200", "captured 1200"]);
});

it("keeps what cannot be read, and what is of a provider that is no longer configured, with the reason", async () => {
  const unread = { provider: "sandbox", eventId: "sbe_bad", type: "charge.told", body: "{}" };
  await insertWebhook(bank.db, unread);
  const { id } = await bank.open();
  const event = await tell(id, {});
  await apply({ providers: new Map() });
  expect(await rowOf(event)).toMatchObject({ last_error: expect.stringContaining("no longer configured") });
  wait(2);
  await apply();
  expect(await rowOf(event)).toMatchObject({ state: "done" }); // the unreadable one held up nothing
  expect(await rowOf("sbe_bad")).toMatchObject({ state: "received", tries: 2 });
});

it("pauses twice as long each time, five minutes at most, and gives up after three days", async () => {
  const { id } = await bank.open();
  const event = await tell(id + 1_000_000_000_000, {});
  const pauses: number[] = [];
  for (let tries = 0; tries < 11; tries += 1) {
    await apply();
    const [row] = await bank.db<[{ due_at: Date }]>`
      SELECT due_at FROM payments.inbox WHERE event_id = ${event}`;
    const pause = (row.due_at.getTime() - now().getTime()) / 1_000;
    pauses.push(pause);
    wait(pause);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  wait(3 * 86_400);
  await apply();
  expect(await rowOf(event)).toMatchObject({ state: "ignored", tries: 12 });
});

it("applies each once where two processes look at once", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const payments = await Promise.all([1, 2, 3, 4].map(() => bank.open()));
  for (const { id } of payments) for (const _ of [1, 2]) await tell(id, {});
  const done = await Promise.all([apply(), apply(other.keeper)]);
  await other.close();
  expect(done.reduce((sum, each) => sum + each, 0)).toBe(8);
  for (const { id } of payments)
    expect(await bank.eventsOf(id)).toEqual(["opened 1200", "authorized 1200", "captured 1200"]);
});

it("forgets what was done with ninety days ago, and nothing that waits", async () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
  expect(await forgetOldWebhooks(bank.db, inDays(89))).toBe(0);
  const { id } = await bank.open();
  const waiting = await tell(id + 1_000_000_000_000, {});
  expect(await forgetOldWebhooks(bank.db, inDays(91))).toBeGreaterThan(10);
  expect(await rowOf(waiting)).toMatchObject({ state: "received" });
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
