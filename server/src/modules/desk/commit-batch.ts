// Commits one batch of commands: reads what they need under the locks, lets each decide in order of arrival, and says what
// is to be written. A command's refusal touches nothing but its own item.
import {
  checkSameRequest,
  findRemembered,
  holdEpoch,
  type RememberedAnswer,
  remember,
} from "../../runtime/idempotency.ts";
import type { Tx } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { AuditEntry, NumberedAppend } from "../audit/index.ts";
import { appendEvents } from "../jobs/index.ts";
import { type Assets, type Book, type BookScope, openBook, writeBook } from "../ledger/index.ts";
import { describeCommand, describeExpiredHold } from "./audit-commands.ts";
import { type KeptRows, readRows } from "./batch-rows.ts";
import type { BookCommand, CommandOutcome, Commit, Decision, Desk } from "./book-command.ts";
import { tellOfExpired } from "./expire-holds.ts";

export interface CommitOptions {
  readonly assets: Assets;
  /** What this desk has read of rows that never change. */
  readonly kept: KeptRows;
  readonly appendEntries: NumberedAppend;
}

export interface CommittedBatch {
  readonly outcomes: CommandOutcome[];
  readonly commit: Commit;
}

/** Reads, decides, and says what is to be written; the caller's transaction sends it with its COMMIT. */
export async function commitBatch(
  tx: Tx,
  commands: readonly BookCommand[],
  options: CommitOptions,
): Promise<{ outcome: CommittedBatch; writes: Promise<unknown>[] }> {
  const { assets } = options;
  const [, book, remembered, rows] = await readForBatch(tx, commands, options);
  const desk: Desk = { book, assets, events: [], rows };
  const expired = await tellOfExpired(desk);
  const answers = new Map<string, RememberedAnswer>();
  const entries = [...book.decisions.closedHolds.values()].map(describeExpiredHold);
  const outcomes = commands.map((command) => answer(command, { desk, remembered, answers, entries }));
  const writes = writeBook(tx, book);
  if (answers.size > 0) writes.push(remember(tx, answers));
  if (desk.events.length > 0) writes.push(appendEvents(tx, desk.events));
  if (entries.length > 0) writes.push(options.appendEntries(tx, entries));
  writes.push(...rows.write(tx));
  const transactions = [
    ...expired,
    ...outcomes.flatMap((outcome) => ("counted" in outcome ? outcome.counted : [])),
  ];
  const commit = { transactions, events: desk.events, stockIds: findChangedStock(book, assets) };
  return { outcome: { outcomes, commit }, writes };
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
 * Everything the batch needs, sent at once; the locks come first, so that all else is read under them. Keys are read
 * ahead of the stamps, so that of two uses of one key the older stamp is the one that counts.
 */
function readForBatch(tx: Tx, commands: readonly BookCommand[], { assets, kept }: CommitOptions) {
  const keyHashes = commands.flatMap((command) => command.key?.keyHash ?? []);
  const remembered = Promise.withResolvers<Map<string, RememberedAnswer>>();
  const readAhead = async () => remembered.resolve(await findRemembered(tx, keyHashes));
  const needs = commands.flatMap((command) => command.needs ?? []);
  return Promise.all([
    keyHashes.length === 0 ? undefined : holdEpoch(tx),
    openBook(tx, assets, { ...mergeScopes(commands.map((command) => command.scope)), readAhead }),
    remembered.promise,
    readRows(tx, needs, kept),
  ]);
}

function mergeScopes(scopes: readonly BookScope[]): BookScope {
  return {
    accountIds: new Set(scopes.flatMap((scope) => [...scope.accountIds])),
    holdIds: scopes.flatMap((scope) => scope.holdIds ?? []),
    reversedIds: scopes.flatMap((scope) => scope.reversedIds ?? []),
    stampCount: scopes.reduce((sum, scope) => sum + scope.stampCount, 0),
  };
}

interface BatchMemory {
  readonly desk: Desk;
  /** Answers that earlier batches remembered. */
  readonly remembered: ReadonlyMap<string, RememberedAnswer>;
  /** Answers of this batch, to be remembered; a key that comes twice in one batch finds the first one's here. */
  readonly answers: Map<string, RememberedAnswer>;
  readonly entries: AuditEntry[];
}

function answer(command: BookCommand, { desk, remembered, answers, entries }: BatchMemory): CommandOutcome {
  const { key } = command;
  const before = key === undefined ? undefined : (remembered.get(key.keyHash) ?? answers.get(key.keyHash));
  if (key !== undefined && before !== undefined) return replay(before, key.request);
  const firstStamp = desk.book.nextStamp;
  const decision = decide(command, desk);
  if (isToComeAgain(decision)) return { refused: decision, replayed: false };
  const entry = describeCommand(command, decision, { book: desk.book, firstStamp });
  if (entry !== undefined) entries.push(entry);
  if (key !== undefined && !isAboutCaller(decision))
    answers.set(key.keyHash, { request: key.request, ...toRemember(decision) });
  return decision instanceof AppError
    ? { refused: decision, replayed: false }
    : { ...decision, replayed: false };
}

/** Nothing was decided, so nothing is remembered and the trail has nothing to tell: the command comes again. */
function isToComeAgain(decision: Decision | AppError): decision is AppError {
  return decision instanceof AppError && decision.kind === "unavailable";
}

/** Who asks may not, or not without a proof: not remembered, so that the same request goes through once they may. */
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

function toRemember(decision: Decision | AppError): Pick<RememberedAnswer, "outcome" | "answer"> {
  if (!(decision instanceof AppError)) return { outcome: "done", answer: decision.answer };
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
