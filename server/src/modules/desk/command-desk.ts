// The desk: every command that moves money queues here, whatever its kind, and is committed in batches. A batch locks
// all accounts at once, answers repeated keys, lets each command decide on the book in arrival order, and writes
// postings, remembered answers, events and flags in one transaction. Two round trips; a lone command is a batch of one.
import type { Sql } from "../../runtime/database.ts";
import { createGroupCommit, type GroupCommit, type LockKey } from "../../runtime/group-commit.ts";
import {
  checkSameRequest,
  findRemembered,
  holdEpoch,
  type KeyedRequest,
  type RememberedAnswer,
  remember,
} from "../../runtime/idempotency.ts";
import { inPipelinedTransaction, type Tx } from "../../runtime/transaction.ts";
import type { Actor } from "../../values/actor.ts";
import { actsForAll } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import type { Origin } from "../../values/origin.ts";
import { type AuditEntry, createNumberedWriter, type NumberedAppend } from "../audit/index.ts";
import { type AccountOwners, createAccountOwners } from "../banking/accounts/account-owners.ts";
import { tellOfExpired } from "../banking/holds/expire-holds.ts";
import { appendEvents, type NewEvent } from "../jobs/index.ts";
import {
  type Assets,
  type Book,
  type BookScope,
  countRecentDebits,
  countRecentHolds,
  openBook,
  writeBook,
} from "../ledger/index.ts";
import { insertFlags, type NewFlag, type RiskRule, type VelocityWindow, windowsOf } from "../risk/index.ts";
import { describeCommand, describeExpiredHold } from "./audit-commands.ts";
import { type BatchRows, nameContended, type RowNeed, readRows } from "./batch-rows.ts";

/** One money command: what it touches, and how it decides. */
export interface BookCommand {
  /** Its name on the audit trail, `noun.verb`; null for upkeep, which leaves no entry of its own. */
  readonly event: string | null;
  readonly actor: Actor;
  /** Where it came from; undefined for the program's own commands. */
  readonly origin?: Origin | undefined;
  readonly key?: KeyedRequest | undefined;
  readonly scope: BookScope;
  /** Accounts whose outgoing transfers the velocity rules count. */
  readonly debitedIds?: readonly number[];
  /** Accounts whose active holds they count too. */
  readonly holdingIds?: readonly number[];
  /** Rows of higher modules that deciding needs. */
  readonly needs?: readonly RowNeed[];
  /** Pure but for what it books on the desk's book. May run again when the batch is retried. Refuses by throwing or returning an AppError. */
  readonly decide: (desk: Desk) => Decision | AppError;
}

/** What a command may look at while it decides, and where it leaves what goes with it. */
export interface Desk {
  readonly book: Book;
  readonly assets: Assets;
  readonly rules: readonly RiskRule[];
  /** Owners of the accounts that customers of this batch named. */
  readonly owners: ReadonlyMap<number, string>;
  /** Outgoing transfers per account within the last `seconds`, this batch's included. */
  readonly recentDebits: ReadonlyMap<number, Map<number, number>>;
  /** Holds placed within the last `seconds` and still active, this batch's included. */
  readonly recentHolds: ReadonlyMap<number, Map<number, number>>;
  readonly events: NewEvent[];
  readonly flags: NewFlag[];
  /** Rows of higher modules: what the commands asked for, and what they leave. Rows that may fail fail the batch. */
  readonly rows: BatchRows;
}

export interface Decision {
  /** JSON text: the body of the answer. */
  readonly answer: string;
  /** For the metric transactions_total. */
  readonly counted: readonly CountedTransaction[];
  /** What it did it to, for the trail, where that is not the transaction, hold or account itself. */
  readonly resource?: AuditEntry["resource"];
}

export type CommandOutcome =
  | (Decision & { readonly replayed: boolean })
  | { readonly refused: AppError; readonly replayed: boolean };

export interface DeskOptions {
  readonly db: Sql;
  readonly assets: Assets;
  readonly rules: readonly RiskRule[];
  /** Batches under way at once; the pool of `db` needs a connection for each. Default 1. */
  readonly lanesMax?: number;
  readonly batchItemsMax: number;
  readonly queueItemsMax: number;
  readonly onBatch?: (batch: { inputs: number; durationMs: number; waiting: number }) => void;
  /** Told after the commit of every transaction posted, refused, placed or ended. */
  readonly onTransaction?: (transaction: CountedTransaction) => void;
  /** Told after the commit of the events that it left in the outbox. */
  readonly onEvents?: (events: readonly NewEvent[]) => void;
  /** Told after the commit of the stock accounts whose sums it changed. */
  readonly onStock?: (accountIds: readonly number[]) => void;
}

export interface CountedTransaction {
  readonly type: string;
  readonly status: string;
}

export type CommandDesk = GroupCommit<BookCommand, CommandOutcome>;

export function openCommandDesk(options: DeskOptions): CommandDesk {
  const auditWriter = createNumberedWriter();
  const owners = createAccountOwners();
  return createGroupCommit<BookCommand, CommandOutcome>({
    commitBatch: async (commands) => {
      const { outcomes, expired, events, stockIds } = await auditWriter.write((appendEntries) =>
        inPipelinedTransaction(options.db, (tx) =>
          commitBatch(tx, commands, { ...options, owners, appendEntries }),
        ),
      );
      for (const counted of expired) options.onTransaction?.(counted);
      for (const outcome of outcomes)
        if ("counted" in outcome) for (const counted of outcome.counted) options.onTransaction?.(counted);
      if (events.length > 0) options.onEvents?.(events);
      if (stockIds.length > 0) options.onStock?.(stockIds);
      return outcomes;
    },
    lanesMax: options.lanesMax ?? 1,
    batchWeightMax: options.batchItemsMax,
    queueWeightMax: options.queueItemsMax,
    weigh: (command) => command.scope.stampCount,
    locksOf: (command) => findLocks(command, options.assets),
    ...(options.onBatch === undefined ? {} : { onBatch: options.onBatch }),
  });
}

/** System accounts are no row that a batch locks. */
function findLocks({ scope, needs = [] }: BookCommand, assets: Assets): LockKey[] {
  const accountIds = [...scope.accountIds].filter((id) => assets.assetOfSystemAccount(id) === undefined);
  return [...accountIds, ...nameContended(needs)];
}

interface CommitOptions extends DeskOptions {
  readonly owners: AccountOwners;
  readonly appendEntries: NumberedAppend;
}

interface CommittedBatch {
  readonly outcomes: CommandOutcome[];
  readonly expired: readonly CountedTransaction[];
  readonly events: readonly NewEvent[];
  readonly stockIds: readonly number[];
}

async function commitBatch(
  tx: Tx,
  commands: readonly BookCommand[],
  options: CommitOptions,
): Promise<{ outcome: CommittedBatch; writes: Promise<unknown>[] }> {
  const [, book, remembered, owners, recentDebits, recentHolds, rows] = await readForBatch(
    tx,
    commands,
    options,
  );
  const desk: Desk = {
    book,
    assets: options.assets,
    rules: options.rules,
    owners,
    recentDebits,
    recentHolds,
    events: [],
    flags: [],
    rows,
  };
  const expired = await tellOfExpired(desk);
  const answers = new Map<string, RememberedAnswer>();
  const entries = [...book.decisions.closedHolds.values()].map(describeExpiredHold);
  const outcomes = commands.map((command) => answer(command, { desk, remembered, answers, entries }));
  const writes = writeBook(tx, book);
  if (answers.size > 0) writes.push(remember(tx, answers));
  if (desk.events.length > 0) writes.push(appendEvents(tx, desk.events));
  if (entries.length > 0) writes.push(options.appendEntries(tx, entries));
  if (desk.flags.length > 0) writes.push(insertFlags(tx, desk.flags));
  writes.push(...rows.write(tx));
  const stockIds = options.onStock === undefined ? [] : findChangedStock(book, options.assets);
  return { outcome: { outcomes, expired, events: desk.events, stockIds }, writes };
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
function readForBatch(tx: Tx, commands: readonly BookCommand[], { assets, rules, owners }: CommitOptions) {
  const keyHashes = commands.flatMap((command) => command.key?.keyHash ?? []);
  const customers = commands.filter((command) => !actsForAll(command.actor));
  const debitedIds = [...new Set(commands.flatMap((command) => command.debitedIds ?? []))];
  const holdingIds = [...new Set(commands.flatMap((command) => command.holdingIds ?? []))];
  const remembered = Promise.withResolvers<Map<string, RememberedAnswer>>();
  const readAhead = async () => remembered.resolve(await findRemembered(tx, keyHashes));
  return Promise.all([
    keyHashes.length === 0 ? undefined : holdEpoch(tx),
    openBook(tx, assets, { ...mergeScopes(commands.map((command) => command.scope)), readAhead }),
    remembered.promise,
    owners.read(
      tx,
      customers.flatMap((command) => [...command.scope.accountIds]),
    ),
    readRecent(debitedIds, rules, (query) => countRecentDebits(tx, query)),
    readRecent(holdingIds, rules, (query) => countRecentHolds(tx, query)),
    readRows(
      tx,
      commands.flatMap((command) => command.needs ?? []),
    ),
  ]);
}

async function readRecent(
  accountIds: readonly number[],
  rules: readonly RiskRule[],
  count: (query: VelocityWindow & { accountIds: readonly number[] }) => Promise<Map<number, number>>,
): Promise<Map<number, Map<number, number>>> {
  const windows = accountIds.length === 0 ? [] : windowsOf(rules);
  const counts = await Promise.all(windows.map((window) => count({ accountIds, ...window })));
  return new Map(windows.map((window, index) => [window.seconds, counts[index] ?? new Map()]));
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
  if (key !== undefined) answers.set(key.keyHash, { request: key.request, ...toRemember(decision) });
  return decision instanceof AppError
    ? { refused: decision, replayed: false }
    : { ...decision, replayed: false };
}

/** Nothing was decided, so nothing is remembered and the trail has nothing to tell: the command comes again. */
function isToComeAgain(decision: Decision | AppError): decision is AppError {
  return decision instanceof AppError && decision.kind === "unavailable";
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
