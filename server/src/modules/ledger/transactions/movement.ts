// The one movement that stands for a journal of several transfers: what the viewer's account has gained or lost by it, in that
// account's asset, so that the movements on an account's list add up to the change of its balance. Pure.
import type { Transfer } from "../book/journal.ts";

/** One side of a transaction. System accounts stand for the outside or the house and are not shown to customers. */
export interface TransactionSide {
  readonly accountId: number;
  readonly system: boolean;
}

export interface RecordedTransfer extends Transfer {
  readonly assetId: number;
}

export interface Movement {
  readonly debit: TransactionSide;
  readonly credit: TransactionSide;
  readonly amount: bigint;
  readonly assetId: number;
}

/** An account of the journal, and the amount it gained. */
interface Net extends TransactionSide {
  readonly assetId: number;
  readonly amount: bigint;
}

/**
 * As seen from the accounts of `own`, the paying one first. Where none of them is in the journal: from the customer who pays or
 * is paid, and in a journal of the house from the account that moved most. Undefined without transfers.
 */
export function findMovement(
  transfers: readonly RecordedTransfer[],
  own: ReadonlySet<number> = new Set(),
): Movement | undefined {
  const nets = sumUp(transfers);
  const viewpoint = findViewpoint(nets, own);
  if (viewpoint === undefined) return undefined;
  const other = findOther(transfers, nets, viewpoint);
  const side = { accountId: viewpoint.accountId, system: viewpoint.system };
  const sides = viewpoint.amount < 0n ? { debit: side, credit: other } : { debit: other, credit: side };
  return { ...sides, amount: sizeOf(viewpoint), assetId: viewpoint.assetId };
}

/** In the order in which the accounts first appear. */
function sumUp(transfers: readonly RecordedTransfer[]): Net[] {
  const nets = new Map<number, Net>();
  for (const { amount, assetId, ...transfer } of transfers)
    for (const [side, gain] of [
      [debitOf(transfer), -amount],
      [creditOf(transfer), amount],
    ] as const) {
      const before = nets.get(side.accountId)?.amount ?? 0n;
      nets.set(side.accountId, { ...side, assetId, amount: before + gain });
    }
  return [...nets.values()];
}

function findViewpoint(nets: readonly Net[], own: ReadonlySet<number>): Net | undefined {
  const customers = nets.filter(({ system }) => !system);
  const mine = nets.filter(({ accountId }) => own.has(accountId));
  const seen = mine.length > 0 ? mine : customers;
  const house = nets.toSorted((a, b) => Number(sizeOf(b) - sizeOf(a)));
  return (
    seen.find(({ amount }) => amount < 0n) ?? seen.find(({ amount }) => amount > 0n) ?? seen[0] ?? house[0]
  );
}

/** Who is on the other side: of two transfers, as in an exchange through the house, the other customer. */
function findOther(
  transfers: readonly RecordedTransfer[],
  nets: readonly Net[],
  { accountId, amount }: Net,
): TransactionSide {
  const isPayer = amount < 0n;
  const direct = transfers.find(
    (each) => (isPayer ? each.debitAccountId : each.creditAccountId) === accountId,
  );
  const met = direct === undefined ? undefined : isPayer ? creditOf(direct) : debitOf(direct);
  if (met !== undefined && (!met.system || transfers.length > 2)) return met;
  const customer = nets.find(
    (net) => !net.system && net.accountId !== accountId && net.amount < 0n !== isPayer,
  );
  if (customer === undefined) return met ?? { accountId, system: true };
  return { accountId: customer.accountId, system: false };
}

type Sides = Pick<Transfer, "debitAccountId" | "creditAccountId" | "debitAfter" | "creditAfter">;

/** A system account's transfers carry no balance. */
function debitOf({ debitAccountId: accountId, debitAfter }: Sides): TransactionSide {
  return { accountId, system: debitAfter === null };
}

function creditOf({ creditAccountId: accountId, creditAfter }: Sides): TransactionSide {
  return { accountId, system: creditAfter === null };
}

function sizeOf({ amount }: Net): bigint {
  return amount < 0n ? -amount : amount;
}
