// A command at the desk: what it touches, how it decides, and its outcome.
import type { KeyedRequest, ShortAnswer } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import type { AppError } from "../../values/app-error.ts";
import type { Origin } from "../../values/origin.ts";
import type { AuditEntry } from "../audit/index.ts";
import type { NewEvent } from "../jobs/index.ts";
import type { Assets, Book, BookScope, PostedTransfer } from "../ledger/index.ts";
import type { BatchRows, RowNeed } from "./batch-rows.ts";

/** One command on the book: what it touches, and how it decides. */
export interface BookCommand {
  /** Its name on the audit trail, `noun.verb`; null for upkeep, which leaves no entry of its own. */
  readonly event: string | null;
  readonly actor: Actor;
  /** Where the command came from; undefined for the program's own commands. */
  readonly origin?: Origin | undefined;
  readonly key?: KeyedRequest | undefined;
  readonly scope: BookScope;
  /** Rows of other modules that the command needs to decide. */
  readonly needs?: readonly RowNeed[];
  /**
   * What it touches besides, asked when its batch begins, under the locks of its lane: newer than what was known when it was sent.
   * @param batch one object for all commands of the batch, which are asked in their order
   */
  readonly reach?: (batch: object) => Reach;
  /** Pure, except for what it books. May run again when the batch is retried. Refuses by throwing or returning an AppError. */
  readonly decide: (desk: Desk) => Decision | AppError;
  /** Tells a request of this kind and its answer, word for word, from what was remembered in short and the ledger's row. */
  readonly recall?: Recall;
}

export interface Reach {
  readonly scope: BookScope & { readonly holdIds: readonly number[] };
  readonly needs: readonly RowNeed[];
}

export type Recall = (
  short: ShortAnswer,
  posted: PostedTransfer,
  assets: Assets,
) => { readonly request: string; readonly answer: string };

/** What a command may read while it decides, and where it leaves rows and events to be written with it. */
export interface Desk {
  readonly book: Book;
  readonly assets: Assets;
  readonly events: NewEvent[];
  /** Rows of other modules: those the commands asked for, and those they leave. A row that cannot be written fails the batch. */
  readonly rows: BatchRows;
}

export interface Decision {
  /** JSON text: the body of the answer. */
  readonly answer: string;
  /** Where the ledger's row tells request and answer: the rest, which `recall` needs. Undefined: they are remembered whole. */
  readonly short?: ShortAnswer | undefined;
  /** For the metric transactions_total. */
  readonly counted: readonly CountedTransaction[];
  /** What the command acted on, for the trail, where that is not the transaction, hold or account itself. */
  readonly resource?: AuditEntry["resource"];
  /** What else the trail should keep about it: no secrets, nothing personal. */
  readonly details?: AuditEntry["details"];
  /** Called once the batch is committed, before the command is answered and before the next batch begins. It must not throw. */
  readonly committed?: (() => void) | undefined;
}

export interface CountedTransaction {
  readonly type: string;
  readonly status: string;
}

export type CommandOutcome =
  | (Decision & { readonly replayed: boolean })
  | { readonly refused: AppError; readonly replayed: boolean };

/** What one batch has committed, for the listeners that act on it afterwards. */
export interface Commit {
  /** Every transaction that was posted or refused, and every hold that was placed or ended. */
  readonly transactions: readonly CountedTransaction[];
  /** The events that the batch left in the outbox. */
  readonly events: readonly NewEvent[];
  /** Stock accounts whose sums the batch changed. */
  readonly stockIds: readonly number[];
}
