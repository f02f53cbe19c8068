// A command at the desk: what it touches, how it decides, and what comes of it.
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import type { AppError } from "../../values/app-error.ts";
import type { Origin } from "../../values/origin.ts";
import type { AuditEntry } from "../audit/index.ts";
import type { NewEvent } from "../jobs/index.ts";
import type { Assets, Book, BookScope } from "../ledger/index.ts";
import type { BatchRows, RowNeed } from "./batch-rows.ts";

/** One command on the book: what it touches, and how it decides. */
export interface BookCommand {
  /** Its name on the audit trail, `noun.verb`; null for upkeep, which leaves no entry of its own. */
  readonly event: string | null;
  readonly actor: Actor;
  /** Where it came from; undefined for the program's own commands. */
  readonly origin?: Origin | undefined;
  readonly key?: KeyedRequest | undefined;
  readonly scope: BookScope;
  /** Rows of higher modules that deciding needs. */
  readonly needs?: readonly RowNeed[];
  /** Pure but for what it books on the desk's book. May run again when the batch is retried. Refuses by throwing or returning an AppError. */
  readonly decide: (desk: Desk) => Decision | AppError;
}

/** What a command may look at while it decides, and where it leaves what goes with it. */
export interface Desk {
  readonly book: Book;
  readonly assets: Assets;
  readonly events: NewEvent[];
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
  /** What else the trail is to keep of it: no secrets, nothing personal. */
  readonly details?: AuditEntry["details"];
}

export interface CountedTransaction {
  readonly type: string;
  readonly status: string;
}

export type CommandOutcome =
  | (Decision & { readonly replayed: boolean })
  | { readonly refused: AppError; readonly replayed: boolean };

/** What one batch has committed, for those who go on from there. */
export interface Commit {
  /** Every transaction posted, refused, placed or ended. */
  readonly transactions: readonly CountedTransaction[];
  /** What it left in the outbox. */
  readonly events: readonly NewEvent[];
  /** Stock accounts whose sums it changed. */
  readonly stockIds: readonly number[];
}
