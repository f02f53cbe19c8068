import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { AUTHORIZED, openTestPayments, type TestPayments } from "../../../../tests/payments.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { makeStandingClock } from "../../../../tests/standing-clock.ts";
import type { CallPolicy } from "../../../runtime/call-policy.ts";
import { createLog } from "../../../runtime/log.ts";
import { submitCapture } from "../change-payment.ts";
import { verifyPayments } from "../index.ts";
import {
  type CardCall,
  type CardProvider,
  type ProviderAnswer,
  ProviderBusyError,
  type ProviderReport,
  ProviderUnreachableError,
} from "../providers/card-provider.ts";
import { createSandbox } from "../providers/sandbox/sandbox.ts";
import { type Attempt, keyOf } from "./attempt.ts";
import { stepOf } from "./attempt-states.ts";
import { createSendingPool, type Sender } from "./send-attempts.ts";

const bank = await shareInFile(openTestPayments());
const { now, wait } = makeStandingClock();

type Answerer = (call: CardCall) => ProviderReport[] | Error;
interface Calls {
  /** `call key` or `ask key`, in the order they were made. */
  readonly made: string[];
  answer: Answerer;
}

/** A foreign provider that answers as the test says. */
function openSender(at: TestPayments, calls: Calls, fields: Partial<Sender> = {}): Sender {
  const answerAs =
    (kind: "call" | "ask") =>
    async (call: CardCall): Promise<ProviderAnswer> => {
      calls.made.push(`${kind} ${call.key}`);
      const reports = calls.answer(call);
      if (reports instanceof Error) throw reports;
      return { reference: `charge ${call.payment.id}`, reports };
    };
  const options = { secret: "", publicUrl: "http://shop", delayMs: 0, onTold: () => undefined };
  const provider: CardProvider = {
    ...createSandbox({ db: at.db, ...options }),
    call: answerAs("call"),
    ask: answerAs("ask"),
  };
  const policy: CallPolicy = { run: (call, stopping = new AbortController().signal) => call(stopping) };
  return {
    ...at.keeper,
    providers: new Map([["sandbox", { provider, policy }]]),
    log: createLog("silent"),
    clock: now,
    leaseSeconds: 60,
    attentionSeconds: 3_600,
    ...fields,
  };
}

/** One pass; returns how many calls it began. */
async function pass(sender: Sender): Promise<number> {
  const pool = createSendingPool(sender);
  const begun = await pool.pass(new AbortController().signal);
  await pool.drain();
  return begun;
}
const unreachable = () => new ProviderUnreachableError("no answer");
const busy = () => new ProviderBusyError("fewer calls, please");
const attemptOf = async (paymentId: number): Promise<Attempt> => {
  const attempt = (await bank.attemptsOf(paymentId)).at(-1);
  if (attempt === undefined) throw new Error("no attempt");
  return attempt;
};
const open = async () => attemptOf((await bank.open()).id);

it("calls for each attempt that is due with its own key, and books what the provider answers", async () => {
  const attempts = [await open(), await open()];
  const calls: Calls = { made: [], answer: () => [AUTHORIZED] };
  expect(await pass(openSender(bank, calls))).toBe(2);
  expect(calls.made.toSorted()).toEqual(attempts.map((attempt) => `call ${keyOf(attempt)}`));
  for (const { paymentId } of attempts) {
    expect(await bank.read(paymentId)).toMatchObject({
      authorizedMinor: 1_200n,
      providerReference: `charge ${paymentId}`,
    });
    expect(await attemptOf(paymentId)).toMatchObject({ state: "succeeded", askedCount: 1 });
  }
  expect(await pass(openSender(bank, calls))).toBe(0);
});

it("failure 10: asks again with the same key where no answer came, with growing pauses, and books once", async () => {
  const attempt = await open();
  const calls: Calls = { made: [], answer: unreachable };
  const sender = openSender(bank, calls);
  const pauses: number[] = [];
  for (let tries = 0; tries < 4; tries += 1) {
    expect(await pass(sender)).toBe(1);
    expect(await pass(sender)).toBe(0); // not yet
    const { state, dueAt, failureMessage } = await attemptOf(attempt.paymentId);
    expect([state, failureMessage]).toEqual(["unknown", "no answer"]);
    const pause = ((dueAt?.getTime() ?? 0) - now().getTime()) / 1_000;
    pauses.push(pause);
    wait(pause);
  }
  expect(pauses).toEqual([0.5, 1, 2, 4]);
  calls.answer = () => [AUTHORIZED];
  await pass(sender);
  expect(new Set(calls.made)).toEqual(new Set([`call ${keyOf(attempt)}`]));
  expect(await bank.eventsOf(attempt.paymentId)).toEqual(["opened 1200", "authorized 1200"]);
});

it("F6-6 puts an answer that does not fit before people at once, and believes nothing of it", async () => {
  const attempt = await open();
  const before = await bank.read(attempt.paymentId);
  const calls: Calls = { made: [], answer: () => [{ ...AUTHORIZED, totalMinor: 1n }] };
  const sender = openSender(bank, calls);
  await pass(sender);
  expect(await bank.read(attempt.paymentId)).toEqual(before);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({
    state: "unknown",
    attentionSince: now(),
    failureMessage: "0.01 EUR are authorized, and 12.00 EUR were asked for",
  });
  calls.answer = () => [AUTHORIZED];
  wait(1);
  await pass(sender);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "succeeded", attentionSince: null });
});

it("asks about what the provider works on, and calls no second time", async () => {
  const attempt = await open();
  const calls: Calls = { made: [], answer: () => [] };
  const sender = openSender(bank, calls);
  await pass(sender);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "sent", isAnswered: true });
  wait(2);
  calls.answer = unreachable;
  await pass(sender);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "sent", failureMessage: "no answer" });
  wait(2);
  calls.answer = () => [AUTHORIZED];
  await pass(sender);
  const key = keyOf(attempt);
  expect(calls.made).toEqual([`call ${key}`, `ask ${key}`, `ask ${key}`]);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "succeeded" });
});

it("takes a provider that wants fewer calls for one that was not called, unless an earlier call may have come through", async () => {
  const attempt = await open();
  const calls: Calls = { made: [], answer: busy };
  const sender = openSender(bank, calls);
  await pass(sender);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "created", askedCount: 1 });
  wait(2);
  calls.answer = unreachable;
  await pass(sender);
  wait(4);
  calls.answer = busy;
  await pass(sender);
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "unknown", askedCount: 3 });
  await bank.tell(attempt.paymentId, AUTHORIZED);
});

it("failure 10: puts what stays unknown before people, and takes it away again when the provider answers", async () => {
  const attempt = await open();
  const calls: Calls = { made: [], answer: unreachable };
  await pass(openSender(bank, calls));
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ attentionSince: null });
  wait(3_601);
  await pass(openSender(bank, calls));
  const waiting = await attemptOf(attempt.paymentId);
  expect(waiting).toMatchObject({ attentionSince: expect.any(Date), state: "unknown" });
  wait(600);
  await pass(openSender(bank, calls));
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ attentionSince: waiting.attentionSince });
  wait(600);
  calls.answer = () => [AUTHORIZED];
  await pass(openSender(bank, calls));
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ attentionSince: null, state: "succeeded" });
});

it("only looks an attempt up whose key the provider may have forgotten", async () => {
  const attempt = await open();
  const calls: Calls = { made: [], answer: unreachable };
  const sender = openSender(bank, calls);
  wait(21 * 3_600);
  await pass(sender); // the first call of all: no other can have been made
  wait(60);
  calls.answer = () => [AUTHORIZED];
  await pass(sender);
  expect(calls.made).toEqual([`call ${keyOf(attempt)}`, `ask ${keyOf(attempt)}`]);
});

it("puts an attempt before people at once whose provider is not configured", async () => {
  const attempt = await open();
  const calls: Calls = { made: [], answer: () => [AUTHORIZED] };
  await pass(openSender(bank, calls, { providers: new Map() }));
  expect(await attemptOf(attempt.paymentId)).toMatchObject({
    attentionSince: expect.any(Date),
    failureMessage: "the provider sandbox is not configured",
  });
  wait(2);
  await pass(openSender(bank, calls));
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ attentionSince: null, state: "succeeded" });
});

it("lets a bug in the way of one attempt stop no other; it comes again when its lease has ended", async () => {
  const [bad, good] = [await open(), await open()];
  const isBad = ({ attemptId }: CardCall) => attemptId === bad.id;
  const calls: Calls = { made: [], answer: (call) => (isBad(call) ? new Error("a bug") : [AUTHORIZED]) };
  const sender = openSender(bank, calls);
  expect(await pass(sender)).toBe(2);
  expect(await attemptOf(good.paymentId)).toMatchObject({ state: "succeeded" });
  expect(await attemptOf(bad.paymentId)).toMatchObject({ state: "sent", settledAt: null });
  expect(await pass(sender)).toBe(0);
  wait(61);
  calls.answer = () => [AUTHORIZED];
  expect(await pass(sender)).toBe(1);
  expect(await attemptOf(bad.paymentId)).toMatchObject({ state: "succeeded" });
});

it("claims each attempt once where two processes look at once", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const attempts = await Promise.all([1, 2, 3, 4, 5].map(open));
  const calls: Calls = { made: [], answer: () => [AUTHORIZED] };
  const begun = await Promise.all([bank, other].map((each) => pass(openSender(each, calls))));
  await other.close();
  expect(begun.reduce((sum, each) => sum + each, 0)).toBe(5);
  expect(calls.made.toSorted()).toEqual(attempts.map((attempt) => `call ${keyOf(attempt)}`).toSorted());
});

it("lets a webhook win that comes while the call is under way: the late failure of the call changes nothing", async () => {
  const attempt = await open();
  const { resolve: hangUp, promise: hung } = Promise.withResolvers<void>();
  const sender = openSender(bank, { made: [], answer: unreachable });
  const { resolve: reach, promise: reached } = Promise.withResolvers<void>();
  const pool = createSendingPool({
    ...sender,
    providers: new Map(
      [...sender.providers].map(([name, { provider, policy }]) => {
        const slow: CallPolicy = {
          run: async (call, stopping) => {
            reach();
            await hung;
            return policy.run(call, stopping);
          },
        };
        return [name, { provider, policy: slow }];
      }),
    ),
  });
  await pool.pass(new AbortController().signal);
  await reached;
  await bank.tell(attempt.paymentId, AUTHORIZED);
  hangUp();
  await pool.drain();
  expect(await attemptOf(attempt.paymentId)).toMatchObject({ state: "succeeded", failureMessage: null });
});

it("moves an attempt that it takes as the table of its life says", async () => {
  for (const state of ["created", "sent", "unknown"] as const) {
    const attempt = await open();
    await bank.db`UPDATE payments.attempts SET state = ${state} WHERE id = ${attempt.id}`;
    let seen: string | undefined;
    const look = async () => {
      seen = (await attemptOf(attempt.paymentId)).state;
    };
    const sender = openSender(bank, { made: [], answer: () => [AUTHORIZED] });
    const [entry] = sender.providers.values();
    if (entry === undefined) throw new Error("no provider");
    const policy: CallPolicy = {
      run: async (call, stopping) => {
        await look();
        return entry.policy.run(call, stopping);
      },
    };
    await pass({ ...sender, providers: new Map([["sandbox", { ...entry, policy }]]) });
    expect(seen).toBe(stepOf({ ...attempt, state }, "called")?.to ?? state);
  }
});

it("captures what was asked for, with the key of the capture", async () => {
  const { paymentId } = await open();
  await bank.tell(paymentId, AUTHORIZED);
  await submitCapture(bank.keeper, { paymentId, actor: STAFF }, { amount: "5.00", keepsRest: true });
  const seen: CardCall[] = [];
  const answer: Answerer = (call) => {
    seen.push(call);
    return [{ type: "captured", totalMinor: 500n, isFinal: false }];
  };
  await pass(openSender(bank, { made: [], answer }));
  expect(seen).toMatchObject([{ act: "capture", amountMinor: 500n, keepsRest: true }]);
  expect(await bank.read(paymentId)).toMatchObject({ capturedMinor: 500n, capturingMinor: 0n });
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
