// Commits one batch of commands under locks: reads what they need, lets each decide in order of arrival, and writes. A
// refused command affects nothing but its own item. Deciding and writing are the same for a batch that is decided ahead
// (commit-ahead.ts).
import type { BatchConnections } from "../../runtime/batch-driver/batch-connections.ts";
import {
  checkSameRequest,
  findRemembered,
  holdEpoch,
  type RememberedAnswer,
  remember,
  rememberNew,
} from "../../runtime/idempotency.ts";
import { inPipelinedTransaction, type Tx } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { AuditEntry, NumberedAppend } from "../audit/index.ts";
import { appendEvents } from "../jobs/index.ts";
import {
  type Assets,
  type Book,
  type BookScope,
  openBook,
  type StampsAhead,
  takeStampsAhead,
  writeBook,
} from "../ledger/index.ts";
import { describeCommand, describeExpiredHold } from "./audit-commands.ts";
import { type KeptRows, type OpenedRows, readRows } from "./batch-rows.ts";
import type { BookCommand, CommandOutcome, Commit, Decision, Desk } from "./book-command.ts";
import { tellOfExpired } from "./expire-holds.ts";
import type { KnownAccounts } from "./known-accounts.ts";
import { recallShort } from "./recall-short.ts";
import type { StampReserve } from "./stamp-reserve.ts";

/** What a desk works with, and what it remembers between batches. */
export interface CommitOptions {
  readonly assets: Assets;
  readonly isWanted: (topic: string) => boolean;
  /** Rows that never change, as this desk has read them. */
  readonly kept: KeptRows;
  readonly known: KnownAccounts;
  readonly reserve: StampReserve;
}

export interface CommittedBatch {
  readonly outcomes: CommandOutcome[];
  readonly commit: Commit;
}

/** A batch ready to be decided: opened under locks, or ahead on remembered accounts. */
export interface OpenedBatch {
  readonly book: Book;
  readonly opened: OpenedRows;
  /** Answers that earlier batches remembered for the keys of this batch. */
  readonly remembered: ReadonlyMap<string, RememberedAnswer>;
}

/** What a batch has decided but not yet written. */
export interface DecidedBatch extends OpenedBatch {
  readonly committed: CommittedBatch;
  readonly events: Desk["events"];
  readonly answers: ReadonlyMap<string, RememberedAnswer>;
  readonly entries: readonly AuditEntry[];
  readonly keyHashes: readonly string[];
  /** Accounts on which a command was refused: later commands get later stamps, though the refusal took none. */
  readonly refusedIds: ReadonlySet<number>;
}

/** Locks, reads, decides, and writes: two round trips. Takes stamps for the next batch along with its own. */
export async function commitUnderLocks(
  db: BatchConnections,
  commands: readonly BookCommand[],
  { options, append }: { options: CommitOptions; append: NumberedAppend },
): Promise<CommittedBatch> {
  const { known, reserve } = options;
  const reached = reachOut(commands);
  const count = countStamps(reached);
  let ahead: Promise<StampsAhead> | undefined;
  const { committed, book, opened } = await inPipelinedTransaction(db, async (tx) => {
    const decided = await decideAll(commands, await readForBatch(tx, reached, options), options);
    reserve.drop(); // the stamps left over are older than what these accounts have now
    ahead = takeStampsAhead(tx, reserve.countAfter(count));
    return { outcome: decided, writes: [...writeAll(tx, decided, append), ahead] };
  }).catch((error: unknown) => {
    known.forget(idsOf(reached));
    throw error;
  });
  known.keep(book, opened);
  if (ahead !== undefined) reserve.keep(await ahead);
  return committed;
}

/** The commands with all that they touch, for reading; they decide as they were sent. */
function reachOut(commands: readonly BookCommand[]): readonly BookCommand[] {
  return commands.map((command) => {
    const { scope, needs = [], reach } = command;
    if (reach === undefined) return command;
    const more = reach(commands);
    return {
      ...command,
      needs: [...needs, ...more.needs],
      scope: {
        ...scope,
        accountIds: [...scope.accountIds, ...more.scope.accountIds],
        holdIds: [...(scope.holdIds ?? []), ...more.scope.holdIds],
        stampCount: scope.stampCount + more.scope.stampCount,
      },
    };
  });
}

/** Lets each command decide in order of arrival. */
export async function decideAll(
  commands: readonly BookCommand[],
  batch: OpenedBatch,
  { assets, isWanted }: Pick<CommitOptions, "assets" | "isWanted">,
): Promise<DecidedBatch> {
  const { book, opened, remembered } = batch;
  const desk: Desk = { book, assets, events: [], rows: opened.rows };
  const expired = await tellOfExpired(desk);
  const answers = new Map<string, RememberedAnswer>();
  const refusedIds = new Set<number>();
  const entries = [...book.decisions.closedHolds.values()].map(describeExpiredHold);
  const memory = { desk, remembered, answers, entries, refusedIds };
  const outcomes = commands.map((command) => answer(command, memory));
  const transactions = [
    ...expired,
    ...outcomes.flatMap((outcome) => ("counted" in outcome ? outcome.counted : [])),
  ];
  const events = desk.events.filter(({ topic }) => isWanted(topic));
  const commit = { transactions, events, stockIds: findChangedStock(book, assets) };
  const keyHashes = hashesOf(commands);
  return { ...batch, committed: { outcomes, commit }, events, answers, entries, keyHashes, refusedIds };
}

/** Sends everything that was decided. The accounts go first: their locks order all the rest. The caller sends the COMMIT. */
export function writeAll(tx: Tx, decided: DecidedBatch, append: NumberedAppend): Promise<unknown>[] {
  const { book, opened, answers, events, entries, keyHashes, refusedIds } = decided;
  const writes = writeBook(tx, book, refusedIds);
  if (keyHashes.length > 0 && book.ahead !== null) writes.push(rememberNew(tx, keyHashes, answers));
  else if (answers.size > 0) writes.push(remember(tx, answers));
  if (events.length > 0) writes.push(appendEvents(tx, events));
  writes.push(append(tx, entries), ...opened.rows.write(tx));
  return writes;
}

export function countStamps(commands: readonly BookCommand[]): number {
  return commands.reduce((sum, { scope }) => sum + scope.stampCount, 0);
}

function hashesOf(commands: readonly BookCommand[]): string[] {
  return commands.flatMap(({ key }) => key?.keyHash ?? []);
}

export function idsOf(commands: readonly BookCommand[]): Set<number> {
  return new Set(commands.flatMap(({ scope }) => [...scope.accountIds]));
}

function findChangedStock({ accounts }: Book, assets: Assets): number[] {
  const kinds = new Map(assets.all().map(({ id, kind }) => [id, kind]));
  return [...accounts.values()]
    .filter(({ system, assetId, version, openingVersion }) => {
      const hasChanged = !system && version !== openingVersion;
      return hasChanged && kinds.get(assetId) === "stock";
    })
    .map(({ id }) => id);
}

/**
 * Reads everything the batch needs in one go. The locks come first, so that everything else is read under them. Keys are read
 * before stamps are taken, so that when one key is used twice, the use with the older stamp counts.
 */
async function readForBatch(
  tx: Tx,
  commands: readonly BookCommand[],
  { assets, kept }: CommitOptions,
): Promise<OpenedBatch> {
  const keyHashes = hashesOf(commands);
  const remembered = Promise.withResolvers<Map<string, RememberedAnswer>>();
  const readAhead = async () => remembered.resolve(await findRemembered(tx, keyHashes));
  const needs = commands.flatMap((command) => command.needs ?? []);
  const [, book, answers, opened] = await Promise.all([
    keyHashes.length === 0 ? undefined : holdEpoch(tx),
    openBook(tx, assets, { ...mergeScopes(commands), readAhead }),
    remembered.promise,
    readRows(tx, needs, { kept }),
  ]);
  return { book, opened, remembered: await recallShort(tx, commands, { remembered: answers, assets }) };
}

function mergeScopes(commands: readonly BookCommand[]): BookScope {
  return {
    accountIds: idsOf(commands),
    holdIds: commands.flatMap(({ scope }) => scope.holdIds ?? []),
    reversedIds: commands.flatMap(({ scope }) => scope.reversedIds ?? []),
    stampCount: countStamps(commands),
  };
}

interface BatchMemory {
  readonly desk: Desk;
  /** Answers that earlier batches remembered. */
  readonly remembered: ReadonlyMap<string, RememberedAnswer>;
  /** Answers of this batch that will be remembered; a key that comes twice in one batch finds the first answer here. */
  readonly answers: Map<string, RememberedAnswer>;
  readonly entries: AuditEntry[];
  readonly refusedIds: Set<number>;
}

function answer(command: BookCommand, memory: BatchMemory): CommandOutcome {
  const { desk, remembered, answers, entries, refusedIds } = memory;
  const { key } = command;
  const before = key === undefined ? undefined : (remembered.get(key.keyHash) ?? answers.get(key.keyHash));
  if (key !== undefined && before !== undefined) return replay(before, key.request);
  const firstStamp = desk.book.nextStamp;
  const decision = decide(command, desk);
  if (isToComeAgain(decision)) return { refused: decision, replayed: false };
  if (decision instanceof AppError) for (const id of command.scope.accountIds) refusedIds.add(id);
  const entry = describeCommand(command, decision, { book: desk.book, firstStamp });
  if (entry !== undefined) entries.push(entry);
  if (key !== undefined && !isAboutCaller(decision))
    answers.set(key.keyHash, { request: key.request, ...toRemember(decision) });
  return decision instanceof AppError
    ? { refused: decision, replayed: false }
    : { ...decision, replayed: false };
}

/** Nothing was decided, so nothing is remembered or written to the trail: the command will be submitted again. */
function isToComeAgain(decision: Decision | AppError): decision is AppError {
  return decision instanceof AppError && decision.kind === "unavailable";
}

/** The caller lacks the permission or a recent proof. Not remembered, so that the same request succeeds once they have it. */
function isAboutCaller(decision: Decision | AppError): boolean {
  return decision instanceof AppError && decision.kind === "forbidden";
}

function decide(command: BookCommand, desk: Desk): Decision | AppError {
  try {
    return command.decide(desk);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function toRemember(decision: Decision | AppError): Omit<RememberedAnswer, "request"> {
  if (!(decision instanceof AppError))
    return { outcome: "done", answer: decision.answer, short: decision.short };
  return {
    outcome: decision.kind,
    answer: JSON.stringify({ code: decision.code, details: decision.details }),
  };
}

function replay(before: RememberedAnswer, request: string): CommandOutcome {
  try {
    checkSameRequest(before, request);
  } catch (error) {
    if (error instanceof AppError) return { refused: error, replayed: false };
    throw error;
  }
  if (before.outcome === "done") return { answer: before.answer, counted: [], replayed: true };
  const { code, details } = JSON.parse(before.answer);
  return { refused: new AppError(before.outcome, code, details), replayed: true };
}
