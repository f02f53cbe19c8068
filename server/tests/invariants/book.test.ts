import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BookAccount } from "../../src/modules/ledger/book/book.ts";
import { ACCOUNT_STATES } from "../../src/modules/ledger/book/journal.ts";
import { type Ground, readOutcome, toBookCommand } from "./book-commands.ts";
import { cutIntoBatches, histories, SETTING, type Step, stampAfter } from "./histories.ts";
import { assetsWithWorld, createMemoryLedger, type MemoryLedger } from "./memory-ledger.ts";
import { type Command, createModel, type Model, type Outcome, WORLD } from "./model.ts";

const RUNS = Number(process.env["BOOK_PROPERTY_RUNS"] ?? 3_000);
const START = Date.UTC(2026, 0, 1) * 1000;
const JPY = { id: 1, code: "JPY", kind: "money", scale: 0 } as const;
const IDS = new Map(
  [WORLD, ...Object.keys(SETTING.accounts), "nobody"].map((name, index) => [name, index + 1]),
);

const ASSETS = assetsWithWorld(JPY, IDS.get(WORLD) ?? 0);

describe("the book, in batches cut anywhere", () => {
  it("decides each item as a naive ledger does that takes them one by one", () => {
    fc.assert(
      fc.property(histories({ lengthMax: 40, keys: false }), (steps) => {
        const { outcomes, expected } = play(steps);
        expect(outcomes).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  it("ends with the balances, holds and limits of the naive ledger", () => {
    fc.assert(
      fc.property(histories({ lengthMax: 40, keys: false }), (steps) => {
        const { ledger, model, ground, end } = play(steps);
        for (const name of Object.keys(SETTING.accounts)) {
          const { posted, held, available } = model.sumsOf(name, end);
          expect({ name, ...sumsOf(ledger, IDS.get(name) ?? 0, end) }).toEqual({
            name,
            posted,
            held,
            available,
          });
        }
        const states = [...ledger.holds.values()].map((hold) => [hold.id, stateAt(hold, end)]);
        const named = [...model.holdStates(end)].map(([number, state]) => [ground.made.get(number), state]);
        expect(states.toSorted()).toEqual(named.toSorted());
      }),
      { numRuns: RUNS },
    );
  });

  it("keeps the sum of all accounts at zero, no account below its rule, and ids in the order of booking", () => {
    fc.assert(
      fc.property(histories({ lengthMax: 40, keys: false }), (steps) => {
        const { ledger } = play(steps, checkRules);
        const ids = ledger.transfers.map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
      }),
      { numRuns: RUNS },
    );
  });

  it("decides the same whether a history comes as one batch or as batches of one", () => {
    fc.assert(
      fc.property(histories({ lengthMax: 30, keys: false }), (steps) => {
        const still = steps.map((step) => ({ ...step, hours: 0 }));
        const whole = play(still.map((step) => ({ ...step, cut: false })));
        const single = play(still.map((step) => ({ ...step, cut: true })));
        expect(whole.outcomes).toEqual(single.outcomes);
        expect(whole.ledger.transfers.map(({ amount, debitAfter }) => ({ amount, debitAfter }))).toEqual(
          single.ledger.transfers.map(({ amount, debitAfter }) => ({ amount, debitAfter })),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("leaves no trace of what it refuses, not even in the version of a row", () => {
    fc.assert(
      fc.property(histories({ lengthMax: 30, keys: false }), (steps) => {
        let before: unknown;
        play(
          steps.map((step) => ({ ...step, hours: 0, cut: true })),
          ({ accounts, holds, transfers }, last) => {
            const now = [[...accounts], [...holds], transfers.length];
            if (last !== undefined && "refused" in last) expect(now).toEqual(before);
            before = now;
          },
        );
      }),
      { numRuns: RUNS / 3 },
    );
  });
});

type Look = (ledger: MemoryLedger, last: Outcome | undefined) => void;

function play(steps: readonly Step[], afterBatch: Look = () => undefined) {
  const model = createModel(SETTING);
  const ledger = createMemoryLedger(
    [...IDS]
      .filter(([name]) => name !== "nobody")
      .map(([name, id]) => ({ id, assetId: name === "kim" ? 2 : JPY.id, system: name === WORLD })),
    ASSETS,
  );
  const commands = new Map(steps.map(({ command }) => [command.number, command]));
  const ground: Ground = {
    ids: IDS,
    asset: JPY,
    assets: ASSETS,
    startStamp: START,
    commands,
    made: new Map(),
    posted: new Map(),
  };
  const [outcomes, expected]: [Outcome[], Outcome[]] = [[], []];
  let end = START;
  for (const batch of cutIntoBatches(steps)) {
    end = stampAfter(START, batch.hours);
    expected.push(...batch.commands.map((command) => model.apply(inStamps(command), end)));
    const changed = batch.commands.flatMap(({ act }) => (act.act === "change" ? [act.account] : []));
    if (changed.length === 0) outcomes.push(...commit(batch.commands, { ledger, ground, now: end }));
    else outcomes.push(...expected.slice(-batch.commands.length));
    for (const name of changed) change(ledger, name, model);
    afterBatch(ledger, outcomes.at(-1));
  }
  return { outcomes, expected, ledger, model, ground, end };
}

interface Played {
  readonly ledger: MemoryLedger;
  readonly ground: Ground;
  readonly now: number;
}

function commit(commands: readonly Command[], { ledger, ground, now }: Played): Outcome[] {
  const answers = ledger.commit(
    commands.map((command) => toBookCommand(ground, command)),
    now,
  );
  return commands.map((command, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new Error("an item was left unanswered");
    return readOutcome(ground, command, answer);
  });
}

/** Freezing, closing and limits are no part of the book, which only obeys them: here the model says what they are. */
function change(ledger: MemoryLedger, name: string, model: Model): void {
  const account = ledger.accounts.get(IDS.get(name) ?? 0);
  if (account === undefined) return;
  const { state, limit } = model.stateOf(name);
  ledger.accounts.set(account.id, { ...account, state: ACCOUNT_STATES[state], creditLimit: limit });
}

function checkRules(ledger: MemoryLedger): void {
  const sums = [0n, 0n, 0n];
  for (const account of ledger.accounts.values()) {
    const { assetId, creditsPosted, debitsPosted, debitsPending, creditLimit, system } = account;
    const posted = creditsPosted - debitsPosted;
    sums[assetId] = (sums[assetId] ?? 0n) + posted;
    if (!system && posted - debitsPending + creditLimit < 0n)
      throw new Error(`account ${account.id} is overdrawn`);
    if (debitsPending < 0n) throw new Error(`account ${account.id} holds less than nothing`);
  }
  expect(sums).toEqual([0n, 0n, 0n]);
}

/** The model counts in absolute stamps, the histories in time since their beginning. */
function inStamps(command: Command): Command {
  const { act } = command;
  if (act.act !== "hold" || act.expiresAt === null) return command;
  return { ...command, act: { ...act, expiresAt: START + act.expiresAt } };
}

function stateAt(hold: { state: string; expiresAt: number | null; captured: bigint }, now: number): string {
  const isDue = hold.state === "active" && hold.expiresAt !== null && hold.expiresAt <= now;
  if (!isDue) return hold.state;
  return hold.captured > 0n ? "captured" : "expired";
}

function sumsOf(ledger: MemoryLedger, id: number, now: number) {
  const account = accountOf(ledger, id);
  const posted = account.creditsPosted - account.debitsPosted;
  const due = [...ledger.holds.values()].filter(
    (hold) => hold.debitAccountId === id && hold.state === "active" && stateAt(hold, now) !== "active",
  );
  const held = due.reduce((sum, hold) => sum - hold.amount + hold.captured, account.debitsPending);
  return { posted, held, available: posted - held + account.creditLimit };
}

function accountOf(ledger: MemoryLedger, id: number): BookAccount {
  const account = ledger.accounts.get(id);
  if (account === undefined) throw new Error(`no account ${id}`);
  return account;
}
