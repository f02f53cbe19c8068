// Random histories of commands for fast-check, on few accounts and with small amounts, so that they run into each other:
// overdrafts, full holds, frozen accounts, repeated keys, captures of what was released.
import fc from "fast-check";
import type { Act, Command, Movement } from "./model.ts";
import { WORLD } from "./model.ts";

const HOUR = 3_600_000_000;
export const SETTING = {
  accounts: { alice: "JPY", bob: "JPY", carol: "JPY", dave: "JPY", kim: "KRW" },
  worldAsset: "JPY",
} as const;
const CUSTOMERS = Object.keys(SETTING.accounts);
const SPENDERS = ["alice", "bob", "carol"] as const;

/** A command, and whether the batch before it ends there, after which `hours` go by. */
export interface Step {
  readonly command: Command;
  readonly cut: boolean;
  readonly hours: number;
  /** Which of the desks a batch that begins here comes to; of several, any number. */
  readonly desk: number;
  /** What happens before a batch that begins here: what desks remember of the accounts, or their stamps taken ahead, go stale. */
  readonly meanwhile: "nothing" | "versions" | "settling";
}

interface Draft extends Pick<Step, "desk" | "meanwhile"> {
  readonly act: DraftAct;
  /** "same": repeats an earlier command word for word; "other": its key with other words. */
  readonly key: "none" | "new" | "same" | "other";
  readonly pick: number;
  readonly cut: boolean;
  readonly hours: number;
}

/** As an act, but what it refers to is still any number, to be bent to an earlier command of the right sort. */
type DraftAct =
  | Exclude<Act, { act: "hold" | "capture" | "draw" | "release" | "reverse" }>
  | { readonly act: "hold"; readonly movement: Movement; readonly hours: number | null }
  | Extract<Act, { act: "capture" | "draw" | "release" | "reverse" }>;

const amount = fc.oneof(
  { weight: 20, arbitrary: fc.bigInt({ min: 1n, max: 30n }) },
  { weight: 1, arbitrary: fc.constantFrom(4_000_000_000_000_000_000n, 9_223_372_036_854_775_807n) },
);
const customer = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...SPENDERS) },
  { weight: 1, arbitrary: fc.constantFrom(...CUSTOMERS, "nobody") },
);
const deposit = fc.record({ debit: fc.constant(WORLD), credit: customer, amount });
const withdrawal = fc.record({ debit: customer, credit: fc.constant(WORLD), amount });
const pair = fc.oneof(
  { weight: 8, arbitrary: fc.shuffledSubarray([...SPENDERS], { minLength: 2, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.tuple(customer, customer) },
);
const transfer = fc
  .tuple(pair, amount)
  .map(([[debit = WORLD, credit = WORLD], each]) => ({ debit, credit, amount: each }));
const movement: fc.Arbitrary<Movement> = fc.oneof(deposit, withdrawal, transfer, transfer);
const journalMovement: fc.Arbitrary<Movement> = fc
  .tuple(movement, fc.boolean())
  .map(([each, upToAvailable]) => (upToAvailable ? { ...each, upToAvailable } : each));
const reference = fc.nat({ max: 1_000 });

const draftAct: fc.Arbitrary<DraftAct> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant("transaction" as const), movement }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("journal" as const),
      transfers: fc.array(journalMovement, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("batch" as const),
      mode: fc.constantFrom("atomic" as const, "independent" as const),
      movements: fc.array(movement, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant("hold" as const),
      movement: fc.oneof(withdrawal, transfer),
      hours: fc.constantFrom(null, 1, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("capture" as const),
      of: reference,
      amount: fc.option(fc.bigInt({ min: 1n, max: 20n })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("draw" as const),
      of: reference,
      amount: fc.bigInt({ min: 1n, max: 6n }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("release" as const), of: reference }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("reverse" as const), of: reference }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("together" as const),
      release: reference,
      hold: fc.oneof(withdrawal, transfer),
      transfers: fc.array(movement, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({
        act: fc.constant("change" as const),
        account: customer,
        state: fc.constantFrom(
          "open" as const,
          "open" as const,
          "frozen" as const,
          "frozen" as const,
          "closed" as const,
        ),
      }),
      fc.record({
        act: fc.constant("change" as const),
        account: customer,
        limit: fc.oneof(
          { weight: 5, arbitrary: fc.bigInt({ min: 0n, max: 20n }) },
          { weight: 1, arbitrary: fc.constant(9_223_372_036_854_775_807n) },
        ),
      }),
    ),
  },
);

const draft: fc.Arbitrary<Draft> = fc.record({
  act: draftAct,
  key: fc.oneof(
    { weight: 6, arbitrary: fc.constant("none" as const) },
    { weight: 2, arbitrary: fc.constant("new" as const) },
    { weight: 2, arbitrary: fc.constantFrom("same" as const, "other" as const) },
  ),
  pick: reference,
  cut: fc.boolean(),
  hours: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
  desk: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
  meanwhile: fc.constantFrom("nothing", "nothing", "nothing", "nothing", "versions", "settling"),
});

/** What is always decided under locks. Half of the histories go without, so that more is decided ahead. */
const LOCKING: ReadonlySet<string> = new Set(["capture", "draw", "release", "reverse", "together"]);

/** Histories that begin with some money, some of it held, in batches cut anywhere. */
export function histories(options: { lengthMax: number; keys: boolean }): fc.Arbitrary<Step[]> {
  return fc
    .tuple(fc.array(draft, { minLength: 1, maxLength: options.lengthMax }), fc.boolean())
    .map(([drafts, isPlain]) => [
      ...openingDrafts(),
      ...(isPlain ? drafts.filter(({ act }) => !LOCKING.has(act.act)) : drafts),
    ])
    .map((drafts) => resolve(drafts, options.keys));
}

/** Money on each account, and a hold on each, so that the first capture has something to find. */
function openingDrafts(): Draft[] {
  const rest = { key: "none", pick: 0, cut: false, hours: 0, desk: 0, meanwhile: "nothing" } as const;
  return SPENDERS.flatMap((name) => [
    { ...rest, act: { act: "transaction", movement: { debit: WORLD, credit: name, amount: 40n } } },
    { ...rest, act: { act: "hold", movement: { debit: name, credit: WORLD, amount: 10n }, hours: 2 } },
  ]);
}

function resolve(drafts: readonly Draft[], keys: boolean): Step[] {
  const commands: Command[] = [];
  let hoursSoFar = 0;
  return drafts.map(({ cut, hours, desk, meanwhile, ...rest }, number) => {
    const steps = cut ? hours : 0;
    hoursSoFar += steps;
    const command = resolveCommand(rest, { commands, number, hoursSoFar, keys });
    commands.push(command);
    return { command, cut, hours: steps, desk, meanwhile };
  });
}

interface Past {
  readonly commands: readonly Command[];
  readonly number: number;
  readonly hoursSoFar: number;
  readonly keys: boolean;
}

function resolveCommand({ act, key, pick }: Pick<Draft, "act" | "key" | "pick">, past: Past): Command {
  const { commands, number, keys } = past;
  const resolved = resolveAct(act, past);
  if (!keys || key === "none" || resolved.act === "change") return { number, act: resolved };
  const keyed = commands.filter((earlier) => earlier.key !== undefined);
  const earlier = keyed[pick % Math.max(keyed.length, 1)];
  if (key === "new" || earlier === undefined) return { number, key: `key-${number}`, act: resolved };
  return { number, key: earlier.key, act: key === "same" ? earlier.act : resolved };
}

function resolveAct(act: DraftAct, past: Past): Act {
  if (act.act === "hold") {
    // Half an hour more than whole hours: real time passes too while a history is played, and must not matter.
    const expiresAt = act.hours === null ? null : (past.hoursSoFar + act.hours) * HOUR + HOUR / 2;
    return { act: "hold", movement: act.movement, expiresAt };
  }
  if (act.act === "capture" || act.act === "draw" || act.act === "release")
    return { ...act, of: findEarlier(past, act.of, ["hold", "together"]) };
  if (act.act === "together")
    return { ...act, release: findEarlier(past, act.release, ["hold", "together"]) };
  if (act.act === "reverse")
    return { ...act, of: findEarlier(past, act.of, ["journal", "transaction", "transaction"]) };
  return act;
}

/** The number of an earlier command of this sort that repeats no key; -1 where there is none. */
function findEarlier({ commands }: Past, pick: number, acts: readonly Act["act"][]): number {
  const seen = new Set<string>();
  const found = commands.filter(({ act, key }) => {
    if (key !== undefined && seen.has(key)) return false;
    if (key !== undefined) seen.add(key);
    return acts.includes(act.act);
  });
  return found[pick % Math.max(found.length, 1)]?.number ?? -1;
}

export interface Batch extends Pick<Step, "hours" | "desk" | "meanwhile"> {
  readonly commands: Command[];
}

/** The steps as batches, each with the hours that have gone by when it begins. A change of an account goes alone. */
export function cutIntoBatches(steps: readonly Step[]): Batch[] {
  const batches: Batch[] = [];
  let hours = 0;
  for (const step of steps) {
    const last = batches.at(-1);
    hours += step.hours;
    const alone = step.command.act.act === "change" || last?.commands[0]?.act.act === "change";
    if (last === undefined || step.cut || alone) {
      const { desk, meanwhile } = step;
      batches.push({ hours, desk, meanwhile, commands: [step.command] });
    } else last.commands.push(step.command);
  }
  return batches;
}

export function stampAfter(startStamp: number, hours: number): number {
  return startStamp + hours * HOUR;
}
