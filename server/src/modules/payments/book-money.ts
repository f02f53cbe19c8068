// What payments book in the ledger: captured money goes to `sales`, and its tax part on to `tax`; returned money goes back
// the same way. Captured money comes from the customer's account, from `clearing` (money that card providers hold for us),
// or from `world` (cash, bank transfers).

import { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import {
  type Assets,
  allOrNothing,
  type BookScope,
  type JournalKind,
  ledgerError,
  type PostedJournal,
  postJournal,
  type Refusal,
  type TransferRequest,
} from "../ledger/index.ts";
import { ownerOf, type Payment } from "./payment.ts";

/** Amounts are minor units; `taxMinor` is contained in `amountMinor`. */
export interface Money {
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
}

/** The most that one act on a payment takes: bookings, attempts, and what cancelling adds to them. */
const STAMPS_PER_ACT = 10;

/** The scope of a command that acts once on each of these payments. */
export function scopeOf(assets: Assets, payments: readonly Payment[]): BookScope {
  return {
    accountIds: payments.flatMap((payment) => accountsOf(assets, payment)),
    holdIds: payments.flatMap(({ holdId }) => holdId ?? []),
    stampCount: payments.length * STAMPS_PER_ACT,
  };
}

/** The scope that opening the payment adds to a command. */
export function scopeOfOpening(
  assets: Assets,
  payment: { assetId: number; accountId: number | null },
): BookScope {
  return { accountIds: accountsOf(assets, payment), stampCount: STAMPS_PER_ACT };
}

function accountsOf(
  assets: Assets,
  { assetId, accountId }: { assetId: number; accountId: number | null },
): number[] {
  const system = (["sales", "tax", "clearing", "world"] as const).map((name) =>
    assets.systemAccount(assetId, name),
  );
  return accountId === null ? system : [accountId, ...system];
}

type BookedMoney = Money & { readonly actorId: string };

/** Books captured money as ORDER_PAYMENT. @throws AppError what the ledger refuses (only ever of a customer's account) */
export function bookCapture(desk: Desk, payment: Payment, money: BookedMoney): PostedJournal {
  const transfers = transfersOf(desk.assets, payment, money);
  return post(desk, payment, { kind: "ORDER_PAYMENT", transfers, actorId: money.actorId });
}

/**
 * Books returned money as ORDER_REFUND, to `accountId` or else to where it came from. @throws AppError what the ledger refuses,
 * which only happens for a customer's account
 */
export function bookReturn(
  desk: Desk,
  payment: Payment,
  { accountId = payment.accountId ?? undefined, ...money }: BookedMoney & { accountId?: number | undefined },
): PostedJournal {
  const from = { ...payment, accountId: accountId ?? null };
  const transfers = transfersOf(desk.assets, from, money).reverse().map(mirror);
  return post(desk, payment, { kind: "ORDER_REFUND", transfers, actorId: money.actorId });
}

/** The direction of captured money. Returned money goes the same way back. */
function transfersOf(assets: Assets, payment: Payment, { amountMinor, taxMinor }: Money): TransferRequest[] {
  const { sales, tax, source } = sidesOf(assets, payment);
  const gross = { debitAccountId: source, creditAccountId: sales, amount: amountMinor };
  return taxMinor === 0n
    ? [gross]
    : [gross, { debitAccountId: sales, creditAccountId: tax, amount: taxMinor }];
}

function mirror({ debitAccountId, creditAccountId, amount }: TransferRequest): TransferRequest {
  return { debitAccountId: creditAccountId, creditAccountId: debitAccountId, amount };
}

function post(
  desk: Desk,
  payment: Payment,
  journal: { kind: JournalKind; transfers: readonly TransferRequest[]; actorId: string },
): PostedJournal {
  const reference = payment.reference ?? undefined;
  return unlessRefused(postJournal(desk.book, { ...journal, reference, owner: ownerOf(payment) }));
}

/** The ledger's result. @throws AppError what it refused */
export function unlessRefused<T extends object>(outcome: T | Refusal): T {
  if ("refused" in outcome) throw ledgerError(outcome.refused, outcome.details);
  return outcome;
}

export function sidesOf(
  assets: Assets,
  payment: Pick<Payment, "assetId" | "provider" | "accountId">,
): { sales: number; tax: number; source: number } {
  const account = (name: "sales" | "tax" | "clearing" | "world") =>
    assets.systemAccount(payment.assetId, name);
  const outside = payment.provider === "manual" ? account("world") : account("clearing");
  return { sales: account("sales"), tax: account("tax"), source: payment.accountId ?? outside };
}

/** Lets `decide` book and leave rows. If it refuses, by throwing or returning, all is undone and the refusal is returned. */
export function allOrError<T>(desk: Desk, decide: () => T): T | AppError {
  try {
    return allOrNothing(desk.book, { decide, failed: (outcome) => outcome instanceof Error });
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
