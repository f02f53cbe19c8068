// Turns a command of the model's language into the command that the product runs, and what the product answers back
// into the model's words, so that both can be compared item by item.

import {
  buildPostBatchCommand,
  buildPostCommand,
  type TransactionRequest,
} from "../../src/modules/banking/transactions/post-transactions.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../src/modules/desk/index.ts";
import {
  type Asset,
  type Assets,
  allOrNothing,
  type Book,
  captureHold,
  isRefusal,
  ledgerError,
  placeHold,
  postJournal,
  type Refusal,
  releaseHold,
  type Transfer,
} from "../../src/modules/ledger/index.ts";
import { openRiskGuard } from "../../src/modules/risk/index.ts";
import { hashKey, type KeyedRequest } from "../../src/runtime/idempotency.ts";
import type { Actor } from "../../src/values/actor.ts";
import { AppError } from "../../src/values/app-error.ts";
import { describePost } from "../desk.ts";
import {
  type Act,
  type Command,
  type ModelTransfer,
  type Movement,
  type Outcome,
  type Together,
  WORLD,
} from "./model.ts";

export const ADMIN: Actor = { id: "admin", name: "admin", roles: ["admin"] };

const ACT = { event: "test.act", actor: ADMIN } as const;

/** What the names of a history mean in a ledger, and what its commands have made there so far. */
export interface Ground {
  readonly ids: ReadonlyMap<string, number>;
  readonly asset: Asset;
  readonly assets: Assets;
  /** Stamp from which a history counts its hours. */
  readonly startStamp: number;
  /** Keeps the keys of two histories on one database apart. */
  readonly keyPrefix?: string;
  readonly commands: ReadonlyMap<number, Command>;
  /** Journal, hold or transaction made by a command, by its number. */
  readonly made: Map<number, number>;
  /** The transfers of journals, by the number of the command that posted them. */
  readonly posted: Map<number, readonly ModelTransfer[]>;
  /** Told at each decision; the last time counts, for a batch may be tried again. */
  readonly onDecide?: (command: Command, desk: Desk) => void;
}

/** A ledger's answer to commands made here: what was booked. */
/** Whose the holds are. */
const OWNER = { type: "order", id: 1 } as const;

interface BookedAnswer {
  readonly id: number;
  readonly transfers: readonly {
    debit: string;
    credit: string;
    amount: string;
    debitAfter: string | null;
    creditAfter: string | null;
  }[];
}

export function toBookCommand(ground: Ground, command: Command): BookCommand {
  const key = readKey(ground, command);
  const built = buildAct(ground, command, key);
  return {
    ...built,
    key,
    decide: (desk) => {
      ground.onDecide?.(command, desk);
      const decision = built.decide(desk);
      readOutcome(ground, command, decision);
      return decision;
    },
  };
}

/** A transaction's is remembered in short, as over HTTP. */
function readKey(ground: Ground, { key, act }: Command): KeyedRequest | undefined {
  if (key === undefined) return undefined;
  const request = act.act === "transaction" ? describePost(toRequest(ground, act.movement)) : act;
  return { keyHash: hashKey(ADMIN.id, `${ground.keyPrefix ?? ""}${key}`), request: writeJson(request) };
}

function writeJson(value: object): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? String(inner) : inner));
}

function buildAct(ground: Ground, { act }: Command, key: KeyedRequest | undefined): BookCommand {
  if (act.act === "transaction")
    return buildPostCommand({ ...contextOf(ground), key }, toRequest(ground, act.movement));
  if (act.act === "batch") {
    const requests = act.movements.map((movement) => toRequest(ground, movement));
    return buildPostBatchCommand({ ...contextOf(ground), mode: act.mode }, requests);
  }
  if (act.act === "journal") return buildJournal(ground, act);
  if (act.act === "hold") return buildHold(ground, act);
  if (act.act === "reverse") return buildReversal(ground, act);
  if (act.act === "together") return buildTogether(ground, act);
  if (act.act === "change") throw new Error("a change of an account is no command of the desk");
  return buildEnd(ground, act);
}

function contextOf(ground: Ground) {
  return { actor: ADMIN, assets: ground.assets, risk: openRiskGuard([]) };
}

function toRequest(ground: Ground, { debit, credit, amount }: Movement): TransactionRequest {
  const { asset } = ground;
  if (debit === WORLD) return { type: "deposit", accountId: idOf(ground, credit), amount, asset };
  if (credit === WORLD) return { type: "withdrawal", accountId: idOf(ground, debit), amount, asset };
  return {
    type: "transfer",
    accountId: idOf(ground, debit),
    toAccountId: idOf(ground, credit),
    amount,
    asset,
  };
}

type ActOf<Name extends Act["act"]> = Extract<Act, { act: Name }>;

function buildJournal(ground: Ground, act: ActOf<"journal">): BookCommand {
  const transfers = act.transfers.map((movement) => ({
    ...sidesOf(ground, movement),
    amount: movement.amount,
    upToAvailable: movement.upToAvailable === true,
  }));
  return {
    ...ACT,
    scope: { accountIds: idsOf(ground, act.transfers), stampCount: transfers.length },
    decide: ({ book }) => {
      const outcome = postJournal(book, { kind: "TRANSFER", actorId: ADMIN.id, transfers });
      return isRefusal(outcome) ? toError(outcome) : describe(ground, outcome);
    },
  };
}

function buildHold(ground: Ground, act: ActOf<"hold">): BookCommand {
  const { movement, expiresAt } = act;
  return {
    ...ACT,
    scope: { accountIds: idsOf(ground, [movement]), stampCount: 1 },
    decide: ({ book }) => {
      const hold = placeHold(book, {
        ...{ kind: "ORDER_HOLD", actorId: ADMIN.id, owner: OWNER },
        ...sidesOf(ground, movement),
        amount: movement.amount,
        expiresAt: expiresAt === null ? undefined : ground.startStamp + expiresAt,
      });
      return isRefusal(hold) ? toError(hold) : describe(ground, { id: hold.id, transfers: [] });
    },
  };
}

function buildEnd(ground: Ground, act: ActOf<"capture" | "draw" | "release">): BookCommand {
  const { holdMovements, holdIds } = scopeOfHold(ground, act.of);
  return {
    ...ACT,
    scope: { accountIds: idsOf(ground, holdMovements), holdIds, stampCount: 1 },
    decide: ({ book }) => {
      const holdId = ground.made.get(act.of);
      if (holdId === undefined) return ledgerError("hold_not_found");
      if (act.act === "draw") return draw(ground, book, { act, holdId });
      const outcome =
        act.act === "release"
          ? releaseHold(book, holdId, OWNER)
          : captureHold(book, { holdId, owner: OWNER, amount: act.amount ?? undefined });
      if (isRefusal(outcome)) return toError(outcome);
      const transfers = "transfer" in outcome ? [outcome.transfer] : [];
      return describe(ground, { id: holdId, transfers });
    },
  };
}

/** A journal that pays a part of a hold. */
function draw(ground: Ground, book: Book, { act, holdId }: { act: ActOf<"draw">; holdId: number }) {
  const [movement] = scopeOfHold(ground, act.of).holdMovements;
  if (movement === undefined) throw new Error(`command ${act.of} placed no hold`);
  const fromHold = { id: holdId, owner: OWNER };
  const transfers = [{ ...sidesOf(ground, movement), amount: act.amount, fromHold }];
  const posted = postJournal(book, { kind: "ORDER_PAYMENT", actorId: ADMIN.id, owner: OWNER, transfers });
  return isRefusal(posted) ? toError(posted) : describe(ground, posted);
}

function buildReversal(ground: Ground, act: ActOf<"reverse">): BookCommand {
  const original = ground.commands.get(act.of)?.act;
  const movements = original === undefined ? [] : movementsOf(original);
  const known = ground.made.get(act.of);
  return {
    ...ACT,
    scope: {
      accountIds: idsOf(ground, movements),
      reversedIds: known === undefined ? [] : [known],
      stampCount: movements.length,
    },
    decide: ({ book }) => {
      const reversedId = ground.made.get(act.of);
      const transfers = ground.posted.get(act.of)?.toReversed();
      if (reversedId === undefined || transfers === undefined) return ledgerError("transaction_not_found");
      const outcome = postJournal(book, {
        kind: "TRANSFER",
        actorId: ADMIN.id,
        reversedId,
        transfers: transfers.map(({ debit, credit, amount }) => ({
          debitAccountId: idOf(ground, credit),
          creditAccountId: idOf(ground, debit),
          amount,
        })),
      });
      return isRefusal(outcome) ? toError(outcome) : describe(ground, outcome);
    },
  };
}

function buildTogether(ground: Ground, act: Together): BookCommand {
  const { holdMovements, holdIds } = scopeOfHold(ground, act.release);
  return {
    ...ACT,
    scope: {
      accountIds: idsOf(ground, [...holdMovements, act.hold, ...act.transfers]),
      holdIds,
      stampCount: act.transfers.length + 2,
    },
    decide: ({ book }) => {
      const holdId = ground.made.get(act.release);
      if (holdId === undefined) return ledgerError("hold_not_found");
      return allOrNothing(book, {
        decide: () => decideTogether(ground, act, { book, holdId }),
        failed: (outcome) => outcome instanceof AppError,
      });
    },
  };
}

function decideTogether(
  ground: Ground,
  { hold: { debit, credit, amount }, transfers }: Together,
  { book, holdId }: { book: Book; holdId: number },
): Decision | AppError {
  const released = releaseHold(book, holdId, OWNER);
  if (isRefusal(released)) return toError(released);
  const sides = { debitAccountId: idOf(ground, debit), creditAccountId: idOf(ground, credit) };
  const hold = placeHold(book, { kind: "ORDER_HOLD", actorId: ADMIN.id, owner: OWNER, ...sides, amount });
  if (isRefusal(hold)) return toError(hold);
  const posted = postJournal(book, {
    kind: "ORDER_PAYMENT",
    actorId: ADMIN.id,
    owner: OWNER,
    transfers: transfers.map((movement) => ({
      ...sidesOf(ground, movement),
      amount: movement.amount,
    })),
  });
  return isRefusal(posted) ? toError(posted) : describe(ground, { id: hold.id, transfers: posted.transfers });
}

/** What has to be locked and read for the hold that an earlier command placed. */
function scopeOfHold(ground: Ground, of: number): { holdMovements: Movement[]; holdIds: number[] } {
  const act = ground.commands.get(of)?.act;
  const known = ground.made.get(of);
  const movement = act?.act === "hold" ? act.movement : act?.act === "together" ? act.hold : undefined;
  return {
    holdMovements: movement === undefined ? [] : [movement],
    holdIds: known === undefined ? [] : [known],
  };
}

function sidesOf(ground: Ground, { debit, credit }: Pick<Movement, "debit" | "credit">) {
  return { debitAccountId: idOf(ground, debit), creditAccountId: idOf(ground, credit) };
}

function movementsOf(act: Act): readonly Movement[] {
  if (act.act === "journal") return act.transfers;
  return act.act === "transaction" || act.act === "hold" ? [act.movement] : [];
}

function describe(
  ground: Ground,
  { id, transfers }: { id: number; transfers: readonly Transfer[] },
): Decision {
  const booked: BookedAnswer = {
    id,
    transfers: transfers.map((transfer) => ({
      debit: nameOf(ground, transfer.debitAccountId),
      credit: nameOf(ground, transfer.creditAccountId),
      amount: String(transfer.amount),
      debitAfter: transfer.debitAfter === null ? null : String(transfer.debitAfter),
      creditAfter: transfer.creditAfter === null ? null : String(transfer.creditAfter),
    })),
  };
  return { answer: JSON.stringify(booked), counted: [] };
}

function noteMade(
  ground: Ground,
  number: number,
  { id, transfers }: { id: number; transfers: readonly ModelTransfer[] },
): void {
  const act = ground.commands.get(number)?.act.act;
  if (act !== "capture" && act !== "draw" && act !== "release" && act !== "reverse")
    ground.made.set(number, id);
  if (act === "journal" || act === "transaction") ground.posted.set(number, transfers);
}

/** What came of a command, in the model's words. A refusal is its code. */
export function readOutcome(
  ground: Ground,
  command: Command,
  outcome: CommandOutcome | Decision | AppError,
): Outcome {
  ground.made.delete(command.number); // what an attempt made that was rolled back
  ground.posted.delete(command.number);
  if (outcome instanceof AppError) return { refused: outcome.code };
  if ("refused" in outcome) return { refused: outcome.refused.code };
  const body = JSON.parse(outcome.answer);
  const { act } = command;
  if (act.act === "transaction") {
    const transfer = readTransaction(ground, act.movement, body);
    noteMade(ground, command.number, { id: Number(body.id), transfers: [transfer] });
    return { results: [[transfer]] };
  }
  if (act.act === "batch")
    return {
      results: act.movements.map((movement, index) => readItem(ground, movement, body.results[index])),
    };
  const transfers = (body as BookedAnswer).transfers.map(toModelTransfer);
  noteMade(ground, command.number, { id: body.id, transfers });
  return { results: [transfers] };
}

interface TransactionAnswer {
  readonly id: string;
  readonly amount: string;
  readonly balances: readonly { account_id: string; balance: string }[];
}

function readItem(
  ground: Ground,
  movement: Movement,
  item: { status: string; transaction: TransactionAnswer; error: { code: string } },
): ModelTransfer[] | { refused: string } {
  return item.status === "posted"
    ? [readTransaction(ground, movement, item.transaction)]
    : { refused: item.error.code };
}

function readTransaction(
  ground: Ground,
  { debit, credit }: Movement,
  { amount, balances }: TransactionAnswer,
): ModelTransfer {
  const after = (name: string) => {
    const found = balances.find(({ account_id }) => Number(account_id) === ground.ids.get(name));
    return found === undefined ? null : BigInt(found.balance);
  };
  return { debit, credit, amount: BigInt(amount), debitAfter: after(debit), creditAfter: after(credit) };
}

function toModelTransfer(transfer: BookedAnswer["transfers"][number]): ModelTransfer {
  return {
    debit: transfer.debit,
    credit: transfer.credit,
    amount: BigInt(transfer.amount),
    debitAfter: transfer.debitAfter === null ? null : BigInt(transfer.debitAfter),
    creditAfter: transfer.creditAfter === null ? null : BigInt(transfer.creditAfter),
  };
}

function toError(refusal: Refusal): AppError {
  return ledgerError(refusal.refused, refusal.details);
}

function idOf({ ids }: Ground, name: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`no account is called ${name}`);
  return id;
}

function idsOf(ground: Ground, movements: readonly Movement[]): number[] {
  return movements.flatMap(({ debit, credit }) => [idOf(ground, debit), idOf(ground, credit)]);
}

function nameOf({ ids }: Ground, id: number): string {
  for (const [name, known] of ids) if (known === id) return name;
  throw new Error(`account ${id} has no name`);
}
