// A ledger so simple that it is obviously right: a list of transfers, a map of holds, and every balance summed up anew
// each time it is asked for. It shares no code with the real one; the properties compare the two item by item.
import { isDeepStrictEqual } from "node:util";

/** The largest sum that an account's row can keep. */
const SUM_MAX = 9_223_372_036_854_775_807n;
/** The outside world: no floor, no bound. */
export const WORLD = "world";

export interface Movement {
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly upToAvailable?: boolean;
}

/** One thing asked of the ledger. Accounts have names; what an earlier command made is named by that command's number. */
export type Act =
  | { readonly act: "journal"; readonly transfers: readonly Movement[] }
  | { readonly act: "transaction"; readonly movement: Movement }
  | {
      readonly act: "batch";
      readonly mode: "atomic" | "independent";
      readonly movements: readonly Movement[];
    }
  | { readonly act: "hold"; readonly movement: Movement; readonly expiresAt: number | null }
  | { readonly act: "capture"; readonly of: number; readonly amount: bigint | null }
  /** A part of a hold, by a journal of its own: the rest stays held. */
  | { readonly act: "draw"; readonly of: number; readonly amount: bigint }
  | { readonly act: "release"; readonly of: number }
  | { readonly act: "reverse"; readonly of: number }
  | Together
  | {
      readonly act: "change";
      readonly account: string;
      readonly state?: AccountState;
      readonly limit?: bigint;
    };
/** The end of a hold, a new hold and a journal, in this order, that succeed or fail together: as an order will be. */
export interface Together {
  readonly act: "together";
  readonly release: number;
  readonly hold: Movement;
  readonly transfers: readonly Movement[];
}
export type AccountState = "open" | "frozen" | "closed";

export interface Command {
  readonly number: number;
  readonly key?: string | undefined;
  readonly act: Act;
}

/** A transfer with the posted balance that it left on each side; null for the world. */
export interface ModelTransfer {
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly debitAfter: bigint | null;
  readonly creditAfter: bigint | null;
}

export type Outcome =
  | { readonly refused: string }
  | { readonly results: readonly (readonly ModelTransfer[] | { readonly refused: string })[] };

interface ModelAccount {
  readonly asset: string;
  readonly state: AccountState;
  readonly limit: bigint;
}

interface ModelHold {
  readonly movement: Movement;
  readonly expiresAt: number | null;
  readonly captured: bigint;
  readonly state: "active" | "captured" | "released" | "expired";
}

/** Plain values only: a copy of it is a point to return to. */
interface State {
  accounts: Map<string, ModelAccount>;
  transfers: { debit: string; credit: string; amount: bigint }[];
  /** By the number of the command that placed it. */
  holds: Map<number, ModelHold>;
  /** The transfers of each journal, by the number of the command that posted it. */
  journals: Map<number, readonly ModelTransfer[]>;
  reversed: Set<number>;
}

export interface AccountSums {
  readonly posted: bigint;
  readonly held: bigint;
  readonly available: bigint;
}

export interface Model {
  /** Applies one command at a moment (stamp) and tells what came of it. */
  readonly apply: (command: Command, now: number) => Outcome;
  readonly sumsOf: (account: string, now: number) => AccountSums;
  readonly stateOf: (account: string) => { state: AccountState; limit: bigint };
  readonly holdStates: (now: number) => Map<number, string>;
  readonly transferCount: () => number;
}

export interface ModelSetting {
  /** Name of each account → its asset. The world exists for every asset without being named. */
  readonly accounts: Readonly<Record<string, string>>;
  /** What the world's movements are counted in. */
  readonly worldAsset: string;
}

class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The state of the moment. Copied and put back where something fails half-way. */
interface Ledger {
  state: State;
  readonly worldAsset: string;
  /** A command that repeated a key made nothing itself: it names what the first one made. */
  readonly originals: Map<number, number>;
  readonly remembered: Map<string, { command: Command; outcome: Outcome }>;
}

export function createModel({ accounts, worldAsset }: ModelSetting): Model {
  const opened = Object.entries(accounts).map(([name, asset]): [string, ModelAccount] => [
    name,
    { asset, state: "open", limit: 0n },
  ]);
  const state = {
    accounts: new Map(opened),
    transfers: [],
    holds: new Map(),
    journals: new Map(),
    reversed: new Set<number>(),
  };
  const ledger: Ledger = { state, worldAsset, originals: new Map(), remembered: new Map() };
  return {
    apply: (command, now) => apply(ledger, command, now),
    sumsOf: (account, now) => sumsIn(expireHolds(ledger.state, now), account),
    stateOf: (account) => ledger.state.accounts.get(account) ?? { state: "open", limit: 0n },
    holdStates: (now) =>
      new Map([...expireHolds(ledger.state, now).holds].map(([number, hold]) => [number, hold.state])),
    transferCount: () => ledger.state.transfers.length,
  };
}

function apply(ledger: Ledger, command: Command, now: number): Outcome {
  const { remembered, originals } = ledger;
  const before = command.key === undefined ? undefined : remembered.get(command.key);
  if (before !== undefined) {
    if (!isDeepStrictEqual(before.command.act, command.act)) return { refused: "idempotency_key_reused" };
    originals.set(command.number, before.command.number);
    return before.outcome;
  }
  ledger.state = expireHolds(ledger.state, now);
  const outcome = attempt(ledger, () => perform(ledger, command));
  if (command.key !== undefined) remembered.set(command.key, { command, outcome });
  return outcome;
}

/** All or nothing: what is refused leaves the state as it was. */
function attempt(ledger: Ledger, work: () => Outcome): Outcome {
  const before = copy(ledger.state);
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    ledger.state = before;
    return { refused: error.code };
  }
}

function perform(ledger: Ledger, { act, number }: Command): Outcome {
  if (act.act === "journal") return { results: [post(ledger, act.transfers, number)] };
  if (act.act === "transaction") return { results: [post(ledger, [act.movement], number)] };
  if (act.act === "batch") return performBatch(ledger, act);
  if (act.act === "hold") return place(ledger, act, number);
  if (act.act === "capture") return capture(ledger, act);
  if (act.act === "draw") return draw(ledger, act);
  if (act.act === "release") return release(ledger, act.of);
  if (act.act === "reverse") return reverse(ledger, act.of);
  if (act.act === "together") return performTogether(ledger, act, number);
  return change(ledger, act);
}

function performBatch(ledger: Ledger, { mode, movements }: Extract<Act, { act: "batch" }>): Outcome {
  if (mode === "atomic") {
    try {
      return { results: movements.map((movement) => [move(ledger, movement)]) };
    } catch (error) {
      throw error instanceof Refused ? new Refused("batch_item_refused") : error;
    }
  }
  const results = movements.map((movement) =>
    attempt(ledger, () => ({ results: [[move(ledger, movement)]] })),
  );
  return { results: results.map((result) => ("refused" in result ? result : (result.results[0] ?? []))) };
}

/** What fails is taken back by `attempt`, the hold that was ended too. */
function performTogether(ledger: Ledger, act: Together, number: number): Outcome {
  release(ledger, act.release);
  place(ledger, { act: "hold", movement: act.hold, expiresAt: null }, number);
  return { results: [act.transfers.map((movement) => move(ledger, movement))] };
}

function post(ledger: Ledger, movements: readonly Movement[], number: number): ModelTransfer[] {
  const transfers = movements.map((movement) => move(ledger, movement));
  ledger.state.journals.set(number, transfers);
  return transfers;
}

function move(ledger: Ledger, movement: Movement): ModelTransfer {
  checkSides(ledger, movement);
  const available = sumsIn(ledger.state, movement.debit).available;
  const amount = movement.upToAvailable === true && available < movement.amount ? available : movement.amount;
  checkAmount(ledger, movement, amount);
  return add(ledger, { debit: movement.debit, credit: movement.credit, amount });
}

function add(ledger: Ledger, transfer: { debit: string; credit: string; amount: bigint }): ModelTransfer {
  ledger.state.transfers.push(transfer);
  return {
    ...transfer,
    debitAfter: postedAfter(ledger, transfer.debit),
    creditAfter: postedAfter(ledger, transfer.credit),
  };
}

function postedAfter(ledger: Ledger, account: string): bigint | null {
  return account === WORLD ? null : sumsIn(ledger.state, account).posted;
}

function checkSides(ledger: Ledger, { debit, credit }: Movement): void {
  for (const name of [debit, credit])
    if (name !== WORLD && !ledger.state.accounts.has(name)) throw new Refused("account_not_found");
  if (debit === credit) throw new Refused("same_account");
  if (assetOf(ledger, debit) !== assetOf(ledger, credit)) throw new Refused("asset_mismatch");
  for (const name of [debit, credit]) {
    const account = ledger.state.accounts.get(name);
    if (account !== undefined && account.state !== "open") throw new Refused(`account_${account.state}`);
  }
}

function assetOf(ledger: Ledger, name: string): string {
  return ledger.state.accounts.get(name)?.asset ?? ledger.worldAsset;
}

function checkAmount(ledger: Ledger, { debit, credit }: Movement, amount: bigint): void {
  if (amount <= 0n || (debit !== WORLD && amount > sumsIn(ledger.state, debit).available))
    throw new Refused("insufficient_funds");
  const sent = totalOf(ledger.state, debit, "debit") + heldOn(ledger.state, debit) + amount;
  const received = totalOf(ledger.state, credit, "credit") + amount;
  if ((debit !== WORLD && sent > SUM_MAX) || (credit !== WORLD && received > SUM_MAX))
    throw new Refused("amount_overflow");
}

function place(
  ledger: Ledger,
  { movement, expiresAt }: Extract<Act, { act: "hold" }>,
  number: number,
): Outcome {
  checkSides(ledger, movement);
  checkAmount(ledger, movement, movement.amount);
  ledger.state.holds.set(number, { movement, expiresAt, captured: 0n, state: "active" });
  return { results: [[]] };
}

function findActive(ledger: Ledger, number: number): ModelHold {
  const hold = ledger.state.holds.get(ledger.originals.get(number) ?? number);
  if (hold === undefined) throw new Refused("hold_not_found");
  if (hold.state !== "active") throw new Refused("hold_not_active");
  return hold;
}

function capture(ledger: Ledger, act: Extract<Act, { act: "capture" }>): Outcome {
  const hold = findActive(ledger, act.of);
  const left = hold.movement.amount - hold.captured;
  const amount = act.amount ?? left;
  if (amount <= 0n || amount > left) throw new Refused("capture_exceeds_hold");
  return takeOut(ledger, act.of, { hold, amount, isEnd: true });
}

function draw(ledger: Ledger, { of, amount }: Extract<Act, { act: "draw" }>): Outcome {
  const known = ledger.state.holds.get(ledger.originals.get(of) ?? of);
  if (known !== undefined) checkSides(ledger, known.movement);
  const hold = findActive(ledger, of);
  if (amount <= 0n || amount > hold.movement.amount - hold.captured)
    throw new Refused("capture_exceeds_hold");
  const isEnd = hold.captured + amount === hold.movement.amount;
  return takeOut(ledger, of, { hold, amount, isEnd });
}

function takeOut(
  ledger: Ledger,
  of: number,
  { hold, amount, isEnd }: { hold: ModelHold; amount: bigint; isEnd: boolean },
): Outcome {
  checkSides(ledger, hold.movement);
  if (
    hold.movement.credit !== WORLD &&
    totalOf(ledger.state, hold.movement.credit, "credit") + amount > SUM_MAX
  )
    throw new Refused("amount_overflow");
  const number = ledger.originals.get(of) ?? of;
  const captured = hold.captured + amount;
  ledger.state.holds.set(number, { ...hold, captured, state: isEnd ? "captured" : "active" });
  const transfer = add(ledger, { debit: hold.movement.debit, credit: hold.movement.credit, amount });
  return { results: [[transfer]] };
}

function release(ledger: Ledger, of: number): Outcome {
  const hold = findActive(ledger, of);
  const state = hold.captured > 0n ? "captured" : "released";
  ledger.state.holds.set(ledger.originals.get(of) ?? of, { ...hold, state });
  return { results: [[]] };
}

function reverse(ledger: Ledger, of: number): Outcome {
  const original = ledger.originals.get(of) ?? of;
  const journal = ledger.state.journals.get(original);
  if (journal === undefined) throw new Refused("transaction_not_found");
  if (ledger.state.reversed.has(original)) throw new Refused("already_reversed");
  const transfers = [...journal]
    .reverse()
    .map(({ debit, credit, amount }) => move(ledger, { debit: credit, credit: debit, amount }));
  ledger.state.reversed.add(original);
  return { results: [transfers] };
}

function change(ledger: Ledger, { account, state: next, limit }: Extract<Act, { act: "change" }>): Outcome {
  const before = ledger.state.accounts.get(account);
  if (before === undefined) throw new Refused("account_not_found");
  const after = { ...before, state: next ?? before.state, limit: limit ?? before.limit };
  const sums = sumsIn(ledger.state, account);
  if (before.state === "closed" && !isDeepStrictEqual(before, after)) throw new Refused("account_closed");
  if (after.state === "closed" && (sums.posted !== 0n || sums.held !== 0n))
    throw new Refused("account_not_empty");
  if (sums.posted - sums.held + after.limit < 0n) throw new Refused("limit_in_use");
  ledger.state.accounts.set(account, after);
  return { results: [] };
}

function copy(state: State): State {
  return {
    accounts: new Map(state.accounts),
    transfers: [...state.transfers],
    holds: new Map(state.holds),
    journals: new Map(state.journals),
    reversed: new Set(state.reversed),
  };
}

/** Holds whose time has come set nothing aside any more, whether or not anybody has touched them. */
function expireHolds(state: State, now: number): State {
  const holds = [...state.holds].map(([number, hold]): [number, ModelHold] => {
    const isDue = hold.state === "active" && hold.expiresAt !== null && hold.expiresAt <= now;
    return [number, isDue ? { ...hold, state: hold.captured > 0n ? "captured" : "expired" } : hold];
  });
  return { ...state, holds: new Map(holds) };
}

function totalOf({ transfers }: State, account: string, side: "debit" | "credit"): bigint {
  return transfers.reduce((sum, transfer) => (transfer[side] === account ? sum + transfer.amount : sum), 0n);
}

function heldOn({ holds }: State, account: string): bigint {
  return [...holds.values()].reduce(
    (sum, { state, movement, captured }) =>
      state === "active" && movement.debit === account ? sum + movement.amount - captured : sum,
    0n,
  );
}

function sumsIn(state: State, account: string): AccountSums {
  const posted = totalOf(state, account, "credit") - totalOf(state, account, "debit");
  const held = heldOn(state, account);
  if (account === WORLD) return { posted, held, available: SUM_MAX };
  return { posted, held, available: posted - held + (state.accounts.get(account)?.limit ?? 0n) };
}
