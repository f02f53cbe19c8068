// The ledger's vocabulary as types: requests, and what was booked (journals, transfers, holds).

/** What a journal is to the customer. The database stores the number, whose meaning never changes. */
export const JOURNAL_KINDS = {
  DEPOSIT: 1,
  WITHDRAW: 2,
  TRANSFER: 3,
  ORDER_PAYMENT: 4,
  ORDER_REFUND: 5,
  ORDER_HOLD: 6,
  SYSTEM_ADJUSTMENT: 7,
} as const;
export type JournalKind = keyof typeof JOURNAL_KINDS;

export const TRANSACTION_STATUSES = ["PENDING", "COMPLETED", "FAILED", "CANCELLED"] as const;
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number];

export const TRANSFERS_PER_JOURNAL_MAX = 1_000;

/** The text before and after the reversed journal's id in a reversal's metadata. */
export const REVERSAL_METADATA = { before: '{"reverses":"', after: '"}' } as const;

/** The metadata of a reversal: by it `verify` recognizes a reversal whose row in `reversals` is gone. */
export function describeReversal(reversedId: number): string {
  return `${REVERSAL_METADATA.before}${reversedId}${REVERSAL_METADATA.after}`;
}

export type OwnerType = "order" | "payment" | "credit_note" | "trade_order" | "position";

/** The owner of a journal or hold: only its commands capture, release or undo it. */
export interface Owner {
  readonly type: OwnerType;
  /** Stamp. */
  readonly id: number;
}

export const ACCOUNT_STATES = { open: 1, frozen: 2, closed: 3 } as const;
export type AccountState = keyof typeof ACCOUNT_STATES;

export const HOLD_STATES = { active: 1, captured: 2, released: 3, expired: 4 } as const;
export type HoldState = keyof typeof HOLD_STATES;

export function nameOf<Name extends string>(numbers: Readonly<Record<Name, number>>, number: number): Name {
  const entries = Object.entries(numbers) as [Name, number][];
  const name = entries.find(([, candidate]) => candidate === number)?.[0];
  if (name === undefined) throw new Error(`unknown number ${number}`);
  return name;
}

/** One requested movement: out of the debit account, into the credit account; minor units of their common asset. */
export interface TransferRequest {
  readonly debitAccountId: number;
  readonly creditAccountId: number;
  readonly amount: bigint;
  /** Moves `amount` or, where less is available, all of it; refused where nothing is available. */
  readonly upToAvailable?: boolean;
  /** Paid out of what is set aside by this hold of the debit account; the rest stays held, and nothing of it is released. */
  readonly fromHold?: { readonly id: number; readonly owner: Owner } | undefined;
}

/** A part of a hold that a transfer was paid out of. */
export interface Capture {
  readonly transferId: number;
  readonly holdId: number;
  readonly amount: bigint;
}

/** What every journal carries besides its movements. */
export interface JournalHeader {
  readonly kind: JournalKind;
  readonly reference?: string | undefined;
  /** JSON text, kept as it is. */
  readonly metadata?: string | undefined;
  readonly actorId: string;
  readonly effectiveAt?: Date | undefined;
  /** Required for the kinds of orders. Undefined: no owner; whoever may move money on its accounts may undo the journal. */
  readonly owner?: Owner | undefined;
}

/** 1 to 1,000 transfers that succeed or fail together. */
export interface JournalRequest extends JournalHeader {
  readonly transfers: readonly TransferRequest[];
  readonly reversedId?: number | undefined;
}

export interface HoldRequest extends JournalHeader {
  readonly debitAccountId: number;
  readonly creditAccountId: number;
  readonly amount: bigint;
  /** Stamp; undefined for a hold that does not expire. */
  readonly expiresAt?: number | undefined;
}

export interface CaptureRequest {
  readonly holdId: number;
  /** At most the amount still held; the rest is released. Default: all. */
  readonly amount?: bigint | undefined;
  /** Who asks; must be the hold's owner, if it has one. */
  readonly owner?: Owner | undefined;
}

export interface Transfer {
  readonly id: number;
  readonly journalId: number;
  readonly debitAccountId: number;
  readonly creditAccountId: number;
  readonly amount: bigint;
  /** Posted balance after this transfer; null for a system account, which keeps no running balance. */
  readonly debitAfter: bigint | null;
  readonly creditAfter: bigint | null;
}

export interface PostedJournal {
  readonly id: number;
  readonly transfers: readonly Transfer[];
}

export interface Hold {
  readonly id: number;
  readonly kind: JournalKind;
  readonly debitAccountId: number;
  readonly creditAccountId: number;
  readonly amount: bigint;
  readonly state: HoldState;
  /** Also of an active hold: what transfers were paid out of it so far. */
  readonly captured: bigint;
  readonly expiresAt: number | null;
  /** Stamp; for a captured hold, the id of its last transfer. */
  readonly closedAt: number | null;
  readonly owner: Owner | null;
}

/** The amount that the hold keeps, or that was captured of it. */
export type KeptHold = Pick<
  Hold,
  "id" | "debitAccountId" | "creditAccountId" | "amount" | "state" | "captured"
>;

/** An account's sums at one moment. Balance and available may be negative where a credit limit allows it. */
export interface Balance {
  readonly balance: bigint;
  readonly available: bigint;
  readonly held: bigint;
  readonly version: number;
}
