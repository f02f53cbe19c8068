// Reverses a completed transaction: a new one of type SYSTEM_ADJUSTMENT books its transfers mirrored, last first. Possible once,
// never for a reversal or what an order or payment booked; if the payee lacks the money, it is refused like any payment.
import type { Sql } from "../../../runtime/database.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import {
  type Assets,
  describeReversal,
  ensureAssets,
  findMovement,
  findReversible,
  isRefusal,
  type JournalHeader,
  ledgerError,
  type MovedTransfer,
  postJournal,
  type RecordedTransfer,
  type ReversibleJournal,
  refuseStranger,
} from "../../ledger/index.ts";
import { bankingError } from "../errors.ts";
import type { CommandContext } from "../holds/place-hold.ts";
import type { MoneyCaller, MoneyServices } from "../money-services.ts";
import { refuseTransaction, withBalances } from "./judge-movement.ts";
import { describeTransaction } from "./transaction.ts";

export interface ReverseRequest {
  /** Read ahead: what it moved never changes; whether it was reversed is checked again under the locks. */
  readonly journal: ReversibleJournal;
  readonly reference?: string | undefined;
}

/**
 * Reverses a transaction, as `buildReversalCommand` says. The desk's refusals come back as the outcome.
 * @throws AppError `not_found/transaction_not_found`, `refused/stock_is_not_money`
 */
export async function reverseTransaction(
  services: MoneyServices,
  caller: MoneyCaller,
  { id, reference }: { id: number; reference: string | undefined },
): Promise<CommandOutcome> {
  const journal = await getReversible(services, id);
  const context = { ...caller, risk: services.risk };
  return services.desk.submit(buildReversalCommand(context, { journal, reference }));
}

/** @throws AppError `not_found/transaction_not_found`, `refused/stock_is_not_money` */
export async function getReversible(
  { db, assets }: { db: Sql; assets: Assets },
  id: number,
): Promise<ReversibleJournal> {
  const journal = await findReversible(db, id);
  if (journal === undefined) throw ledgerError("transaction_not_found");
  await ensureAssets(assets, journal.transfers);
  for (const { assetId } of journal.transfers) {
    if (journal.owner === null && assets.byId(assetId).kind === "stock")
      throw bankingError("stock_is_not_money");
  }
  return journal;
}

/**
 * A command that reverses one journal, whatever its kind and number of transfers. Locks all its accounts.
 * Refuses `owned_by_another` (naming `owned_by`), `not_reversible` (naming the status), `already_reversed` (naming the reversal), `insufficient_funds`,
 * `account_frozen`, `account_closed`, `amount_overflow`; those of kind refused that the book decides are kept as FAILED.
 */
export function buildReversalCommand(context: CommandContext, request: ReverseRequest): BookCommand {
  const { journal } = request;
  const { actor, key, origin } = context;
  const transfers = journal.transfers.map(mirror).reverse();
  return {
    event: "transaction.reverse",
    actor,
    key,
    origin,
    scope: {
      accountIds: transfers.flatMap((transfer) => [transfer.debitAccountId, transfer.creditAccountId]),
      reversedIds: [journal.id],
      stampCount: transfers.length + 1,
    },
    decide: (desk) => decide(desk, context, { ...request, transfers }),
  };
}

function mirror({ debitAccountId, creditAccountId, ...rest }: MovedTransfer): MovedTransfer {
  return { ...rest, debitAccountId: creditAccountId, creditAccountId: debitAccountId };
}

function decide(
  desk: Desk,
  { actor, risk }: CommandContext,
  { journal, reference, transfers }: ReverseRequest & { transfers: readonly MovedTransfer[] },
): Decision | AppError {
  const { id: reversedId, status, owner } = journal;
  const strange = refuseStranger(owner);
  if (strange !== undefined) return ledgerError(strange.refused, strange.details);
  if (status !== "COMPLETED") return ledgerError("not_reversible", { transaction_status: status });
  if (journal.reversedId !== null)
    return ledgerError("not_reversible", { reverses: String(journal.reversedId) });
  const metadata = describeReversal(reversedId);
  const header: JournalHeader = { kind: "SYSTEM_ADJUSTMENT", actorId: actor.id, reference, metadata };
  const outcome = postJournal(desk.book, { ...header, transfers, reversedId });
  if (isRefusal(outcome)) {
    const { transfer_index: index = 0, ...details } = outcome.details;
    const movement = transfers[Number(index)];
    if (movement === undefined) throw new Error(`journal ${reversedId} has no transfer ${index}`);
    return refuseTransaction(desk, risk, { header, movement, error: ledgerError(outcome.refused, details) });
  }
  for (const { debitAccountId } of transfers) risk.countDebit(desk, debitAccountId);
  const moved = outcome.transfers.map((transfer, index) => ({
    ...transfer,
    assetId: transfers[index]?.assetId ?? 0,
  }));
  return describe(desk, actor, { id: outcome.id, reversedId, reference, transfers: moved });
}

function describe(
  desk: Desk,
  actor: CommandContext["actor"],
  reversal: {
    id: number;
    reversedId: number;
    reference?: string | undefined;
    transfers: readonly RecordedTransfer[];
  },
): Decision {
  const movement = findMovement(reversal.transfers);
  if (movement === undefined) throw new Error("a completed journal has transfers");
  const { debit, credit } = movement;
  const document = JSON.stringify(
    describeTransaction({
      id: reversal.id,
      type: "SYSTEM_ADJUSTMENT",
      status: "COMPLETED",
      accountId: debit.system ? null : debit.accountId,
      toAccountId: credit.system ? null : credit.accountId,
      amount: movement.amount,
      asset: desk.assets.byId(movement.assetId),
      reference: reversal.reference ?? null,
      metadata: describeReversal(reversal.reversedId),
      reversedId: reversal.reversedId,
    }),
  );
  desk.events.push({ topic: "transaction.completed", payload: document });
  const accountIds = [debit.accountId, credit.accountId];
  return {
    answer: withBalances(desk, actor, { document, accountIds }),
    counted: [{ type: "SYSTEM_ADJUSTMENT", status: "COMPLETED" }],
  };
}
