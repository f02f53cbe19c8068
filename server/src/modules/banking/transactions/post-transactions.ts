// Posts deposits, withdrawals and transfers, one or up to 8,000 in a request. A deposit comes from the asset's `world` account
// and a withdrawal goes to it, so that the sum of all accounts stays zero.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import type { BookCommand, CommandOutcome, Decision, Desk, RowNeed } from "../../desk/index.ts";
import {
  type Asset,
  type Assets,
  allOrNothing,
  balanceOf,
  isRefusal,
  type JournalHeader,
  type JournalKind,
  ledgerError,
  postJournal,
  type TransferRequest,
} from "../../ledger/index.ts";
import type { RiskGuard } from "../../risk/index.ts";
import { needOwners } from "../accounts/account-owners.ts";
import { bankingError } from "../errors.ts";
import type { MoneyCaller, MoneyServices } from "../money-services.ts";
import {
  findBlocked,
  findVisible,
  refuseAccount,
  refuseSystemAccount,
  refuseTransaction,
  withBalances,
} from "./judge-movement.ts";
import { requireProofOfLarge } from "./large-payment.ts";
import { recall, shorten } from "./short-answer.ts";
import { describeTransaction, type TransactionFields } from "./transaction.ts";

/** A requested transaction whose form has been checked: the ids are numbers, the amount is exact at the asset's scale. */
export interface TransactionRequest {
  readonly type: "deposit" | "withdrawal" | "transfer";
  readonly accountId: number;
  readonly toAccountId?: number | undefined;
  readonly amount: bigint;
  /** Moves `amount` or, where less is available, all of it. */
  readonly upToAvailable?: boolean | undefined;
  readonly asset: Asset;
  readonly reference?: string | undefined;
  /** JSON text. */
  readonly metadata?: string | undefined;
}

const KINDS: Readonly<Record<TransactionRequest["type"], JournalKind>> = {
  deposit: "DEPOSIT",
  withdrawal: "WITHDRAW",
  transfer: "TRANSFER",
};

interface PostingContext extends MoneyCaller {
  readonly assets: Assets;
  readonly risk: RiskGuard;
}

/**
 * Posts one transaction. Its answer is the transaction with the balances it left. The desk's refusals come back as the
 * outcome.
 * @throws AppError `forbidden/step_up_required`, `forbidden/large_payment_by_key`, remembered under no key
 */
export async function postTransaction(
  services: MoneyServices,
  caller: MoneyCaller,
  request: TransactionRequest,
): Promise<CommandOutcome> {
  const { desk, assets, risk } = services;
  await requireProofOfLarge(services, caller.actor, [request]);
  return desk.submit(buildPostCommand({ ...caller, assets, risk }, request));
}

/** Posts many, as `buildPostBatchCommand` says. @throws AppError as `postTransaction` */
export async function postTransactions(
  services: MoneyServices,
  caller: MoneyCaller,
  { mode, requests }: { mode: BatchMode; requests: readonly TransactionRequest[] },
): Promise<CommandOutcome> {
  const { desk, assets, risk } = services;
  await requireProofOfLarge(services, caller.actor, requests);
  return desk.submit(buildPostBatchCommand({ ...caller, assets, risk, mode }, requests));
}

/** All or none, or each on its own. */
export type BatchMode = "atomic" | "independent";

/** A command that posts one transaction. Its answer is the transaction with the balances it left. */
export function buildPostCommand(context: PostingContext, request: TransactionRequest): BookCommand {
  const movement = toMovement(context, request);
  return {
    event: "transaction.post",
    actor: context.actor,
    key: context.key,
    origin: context.origin,
    scope: { accountIds: [movement.debitAccountId, movement.creditAccountId], stampCount: 2 },
    needs: needsOf(context, [{ request, movement }]),
    decide: (desk) => {
      const outcome = decideOne(desk, context, { request, movement });
      if (outcome instanceof AppError) return outcome;
      const { answer, ...posted } = outcome;
      return {
        answer,
        short: context.key && shorten(desk.book, context.key.request, posted),
        counted: [{ type: KINDS[request.type], status: "COMPLETED" }],
      };
    },
    recall,
  };
}

/**
 * A command that posts many. `atomic`: all or none, refused with the refusal of the first item that fails; `independent`: each
 * on its own. Its answer lists one outcome per item, in order.
 */
export function buildPostBatchCommand(
  context: PostingContext & { mode: BatchMode },
  requests: readonly TransactionRequest[],
): BookCommand {
  const items = requests.map((request) => ({ request, movement: toMovement(context, request) }));
  return {
    event: "transaction.post_batch",
    actor: context.actor,
    key: context.key,
    origin: context.origin,
    scope: {
      accountIds: items.flatMap(({ movement }) => [movement.debitAccountId, movement.creditAccountId]),
      stampCount: items.length * 2,
    },
    needs: needsOf(context, items),
    decide: (desk) =>
      context.mode === "atomic"
        ? decideAtomic(desk, context, items)
        : decideIndependent(desk, context, items),
  };
}

interface Item {
  readonly request: TransactionRequest;
  readonly movement: TransferRequest;
}

function needsOf({ actor, risk }: PostingContext, items: readonly Item[]): RowNeed[] {
  const debitedIds = items.flatMap(({ request }) => (request.type === "deposit" ? [] : [request.accountId]));
  const accountIds = items.flatMap(({ movement }) => [movement.debitAccountId, movement.creditAccountId]);
  return [...needOwners(actor, accountIds), ...risk.needsOf({ debitedIds })];
}

function toMovement(
  context: PostingContext,
  { type, accountId, toAccountId, amount, asset, upToAvailable = false }: TransactionRequest,
): TransferRequest {
  const world = context.assets.systemAccount(asset.id, "world");
  if (type === "deposit") return { debitAccountId: world, creditAccountId: accountId, amount };
  const creditAccountId = type === "withdrawal" ? world : (toAccountId ?? world);
  return { debitAccountId: accountId, creditAccountId, amount, upToAvailable };
}

function decideAtomic(desk: Desk, context: PostingContext, items: readonly Item[]): Decision | AppError {
  const { events } = desk;
  const eventCount = events.length;
  return allOrNothing(desk.book, {
    decide: () => decideInTurn(desk, context, items),
    failed: (outcome) => {
      if (!(outcome instanceof AppError)) return false;
      events.length = eventCount;
      return true;
    },
  });
}

function decideInTurn(desk: Desk, context: PostingContext, items: readonly Item[]): Decision | AppError {
  const results: string[] = [];
  for (const [index, item] of items.entries()) {
    const outcome = decideOne(desk, context, item);
    if (outcome instanceof AppError) {
      const fields = [{ field: `transactions[${index}]`, reason: outcome.message }];
      return bankingError("batch_item_refused", { item_index: index, item_code: outcome.code, fields });
    }
    results.push(`{"status":"posted","transaction":${outcome.answer}}`);
  }
  return { answer: describeBatch("atomic", { results, refused: 0 }), counted: items.map(countCompleted) };
}

function describeBatch(
  mode: "atomic" | "independent",
  { results, refused }: { results: readonly string[]; refused: number },
): string {
  return `{"mode":"${mode}","posted":${results.length - refused},"refused":${refused},"results":[${results.join(",")}]}`;
}

function decideIndependent(desk: Desk, context: PostingContext, items: readonly Item[]): Decision {
  const counted: { type: string; status: string }[] = [];
  const results = items.map((item) => {
    const outcome = decideOne(desk, context, item);
    counted.push({
      type: KINDS[item.request.type],
      status: outcome instanceof AppError ? "FAILED" : "COMPLETED",
    });
    if (!(outcome instanceof AppError)) return `{"status":"posted","transaction":${outcome.answer}}`;
    const { message, ...details } = outcome.details;
    return JSON.stringify({
      status: "refused",
      error: { code: outcome.code, detail: message ?? outcome.code, ...details },
    });
  });
  const refused = counted.filter(({ status }) => status === "FAILED").length;
  return { answer: describeBatch("independent", { results, refused }), counted };
}

function countCompleted({ request }: Item): { type: string; status: string } {
  return { type: KINDS[request.type], status: "COMPLETED" };
}

interface Posted {
  /** JSON text. */
  readonly answer: string;
  readonly fields: TransactionFields;
  /** The accounts whose balances the answer shows. */
  readonly visible: readonly number[];
}

/** Decides one transaction: the actor's rights, the risk rules, then the book. */
function decideOne(
  desk: Desk,
  { actor, risk }: PostingContext,
  { request, movement }: Item,
): Posted | AppError {
  const forbidden = refuseAccounts(desk, actor, request);
  if (forbidden !== undefined) return forbidden;
  const { accountId, asset, reference, metadata } = request;
  const header: JournalHeader = { kind: KINDS[request.type], actorId: actor.id, reference, metadata };
  const amount = boundAmount(desk, request);
  const findings = risk.judge(desk, { accountId, amount, asset, outgoing: request.type !== "deposit" });
  const blocked = findBlocked(findings);
  if (blocked !== undefined)
    return refuseTransaction(desk, risk, { header, movement, error: blocked, findings });
  const outcome = postJournal(desk.book, { ...header, transfers: [movement] });
  if (isRefusal(outcome)) {
    const error = ledgerError(outcome.refused, outcome.details);
    return refuseTransaction(desk, risk, { header, movement, error });
  }
  risk.flag(desk, accountId, { id: outcome.id, findings });
  if (request.type !== "deposit") risk.countDebit(desk, accountId);
  return complete(desk, actor, { request, id: outcome.id, amount });
}

function refuseAccounts(desk: Desk, actor: Actor, request: TransactionRequest): AppError | undefined {
  const { toAccountId } = request;
  const foreign = refuseAccount(desk, actor, request);
  if (foreign !== undefined) return foreign;
  if (request.type === "deposit" && !actsForAll(actor)) return bankingError("deposit_not_allowed");
  return toAccountId === undefined ? undefined : refuseSystemAccount(desk, toAccountId);
}

/** The amount that will move, if any; where nothing is available, the book refuses. */
function boundAmount(desk: Desk, { accountId, amount, upToAvailable }: TransactionRequest): bigint {
  const account = desk.book.accounts.get(accountId);
  if (upToAvailable !== true || account === undefined) return amount;
  const { available } = balanceOf(account);
  return available < amount ? available : amount;
}

/** The event carries the document; the answer adds those balances that its actor may see. */
function complete(
  desk: Desk,
  actor: Actor,
  { request, id, amount }: { request: TransactionRequest; id: number; amount: bigint },
): Posted {
  const fields: TransactionFields = {
    id,
    type: KINDS[request.type],
    status: "COMPLETED",
    accountId: request.accountId,
    toAccountId: request.toAccountId ?? null,
    amount,
    asset: request.asset,
    reference: request.reference ?? null,
    metadata: request.metadata ?? null,
  };
  const document = JSON.stringify(describeTransaction(fields));
  desk.events.push({ topic: "transaction.completed", payload: document });
  const accountIds =
    request.toAccountId === undefined ? [request.accountId] : [request.accountId, request.toAccountId];
  const answer = withBalances(desk, actor, { document, accountIds });
  return { answer, fields, visible: findVisible(desk, actor, accountIds) };
}
