// Exchanges currency: one journal over four accounts. The house buys one currency and sells the other from its `exchange`
// accounts, so every currency still sums to zero. The rate used is recorded in the same transaction.
import { AppError } from "../../../values/app-error.ts";
import { AMOUNT_MINOR_MAX, convertAmount, formatAmount } from "../../../values/money.ts";
import { readPositiveAmount } from "../../../values/read-input.ts";
import type { BookCommand, CommandOutcome, Decision, Desk, RowWriter } from "../../desk/index.ts";
import {
  type Asset,
  type Assets,
  isRefusal,
  type JournalHeader,
  ledgerError,
  postJournal,
  type TransferRequest,
} from "../../ledger/index.ts";
import { needOwners } from "../accounts/account-owners.ts";
import { getAssetOf } from "../accounts/get-account.ts";
import { bankingError } from "../errors.ts";
import type { CommandContext } from "../holds/place-hold.ts";
import type { MoneyCaller, MoneyServices } from "../money-services.ts";
import {
  findBlocked,
  refuseAccount,
  refuseTransaction,
  withBalances,
} from "../transactions/judge-movement.ts";
import { requireProofOfLarge } from "../transactions/large-payment.ts";
import { describeTransaction } from "../transactions/transaction.ts";
import { describeRate, type ExchangeRate, findLatestRate, ROUNDING, readRate } from "./exchange-rate.ts";
import { insertExchanges, type NewExchange } from "./exchange-rate-store.ts";

const EXCHANGES: RowWriter<NewExchange> = { name: "exchanges", write: insertExchanges };

export interface ExchangeRequest {
  readonly accountId: number;
  readonly toAccountId: number;
  /** Currency of `accountId`. */
  readonly sold: Asset;
  /** Currency of `toAccountId`. */
  readonly bought: Asset;
  /** Minor units of `sold`. */
  readonly amount: bigint;
  /** The latest rate when the request arrived, milliseconds before it is decided; undefined where the pair has none. */
  readonly rate: ExchangeRate | undefined;
  readonly reference?: string | undefined;
}

/** An exchange as a client asks for it: the currencies are those of the accounts. */
export interface WantedExchange {
  readonly accountId: number;
  readonly toAccountId: number;
  /** Decimal, in the currency of `accountId`. */
  readonly amount: string | number;
  readonly reference: string | undefined;
}

/**
 * Exchanges at the latest rate of the pair, as `buildExchangeCommand` says. The desk's refusals come back as the outcome.
 * @throws AppError `not_found/account_not_found`, `invalid/…` naming the field, and `forbidden/step_up_required`,
 * `forbidden/large_payment_by_key`; none is remembered under a key
 */
export async function exchangeCurrency(
  services: MoneyServices,
  caller: MoneyCaller,
  { accountId, toAccountId, amount: given, reference }: WantedExchange,
): Promise<CommandOutcome> {
  const { db, desk, assets, risk } = services;
  const sold = await getAssetOf(services, caller.actor, accountId);
  const bought = await getAssetOf(services, caller.actor, toAccountId);
  const amount = readPositiveAmount(given, sold, "amount");
  const rate = await findLatestRate(db, sold.code, bought.code);
  const payment = { type: "transfer" as const, accountId, toAccountId, amount, asset: sold };
  await requireProofOfLarge(services, caller.actor, [payment]);
  const request = { accountId, toAccountId, sold, bought, amount, rate, reference };
  return desk.submit(buildExchangeCommand({ ...caller, assets, risk }, request));
}

/**
 * A command that exchanges once. Both accounts must be the customer's own. Locks both.
 * Refuses `same_currency`, `no_exchange_rate`, `amount_too_small`, and whatever a transfer is refused for; refusals of kind
 * `refused` are kept as FAILED where an amount could be named.
 */
export function buildExchangeCommand(
  context: CommandContext & { assets: Assets },
  request: ExchangeRequest,
): BookCommand {
  const { accountId, toAccountId, sold, bought } = request;
  const { assets, actor, risk, key, origin } = context;
  const house = [assets.systemAccount(sold.id, "exchange"), assets.systemAccount(bought.id, "exchange")];
  return {
    event: "transaction.exchange",
    actor,
    key,
    origin,
    scope: { accountIds: [accountId, toAccountId, ...house], stampCount: 3 },
    needs: [...needOwners(actor, [accountId, toAccountId]), ...risk.needsOf({ debitedIds: [accountId] })],
    decide: (desk) => decide(desk, context, request),
  };
}

type Actor = CommandContext["actor"];

function decide(desk: Desk, { actor, risk }: CommandContext, request: ExchangeRequest): Decision | AppError {
  const { accountId, sold, amount, reference } = request;
  const refused = refuseRequest(desk, actor, request);
  if (refused !== undefined) return refused;
  const priced = price(request);
  if (priced instanceof AppError) return priced;
  const transfers = toTransfers(desk.assets, request, priced.bought);
  const header: JournalHeader = { kind: "TRANSFER", actorId: actor.id, reference };
  const findings = risk.judge(desk, { accountId, amount, asset: sold, outgoing: true });
  const blocked = findBlocked(findings);
  if (blocked !== undefined)
    return refuseTransaction(desk, risk, { header, movement: transfers[0], error: blocked, findings });
  const outcome = postJournal(desk.book, { ...header, transfers });
  if (isRefusal(outcome)) {
    const { transfer_index: index, ...details } = outcome.details;
    const movement = index === 1 ? transfers[1] : transfers[0];
    return refuseTransaction(desk, risk, { header, movement, error: ledgerError(outcome.refused, details) });
  }
  risk.flag(desk, accountId, { id: outcome.id, findings });
  risk.countDebit(desk, accountId);
  return complete(desk, actor, { ...request, ...priced, boughtAsset: request.bought, id: outcome.id });
}

function refuseRequest(desk: Desk, actor: Actor, request: ExchangeRequest): AppError | undefined {
  const { accountId, toAccountId, sold, bought } = request;
  const foreign =
    refuseAccount(desk, actor, { accountId, asset: sold }) ??
    refuseAccount(desk, actor, { accountId: toAccountId, asset: bought });
  if (foreign !== undefined) return foreign;
  return sold.id === bought.id ? bankingError("same_currency") : undefined;
}

interface Price {
  readonly rate: ExchangeRate;
  /** Minor units of the bought currency. */
  readonly bought: bigint;
}

function price({ amount, rate, sold, bought: asset }: ExchangeRequest): Price | AppError {
  const decimal = rate === undefined ? undefined : readRate(rate.rate);
  if (rate === undefined || decimal === undefined)
    return bankingError("no_exchange_rate", { base: sold.code, quote: asset.code });
  const bought = convertAmount(amount, decimal, { from: sold.scale, to: asset.scale });
  if (bought === 0n) return bankingError("amount_too_small");
  return bought > AMOUNT_MINOR_MAX ? ledgerError("amount_overflow") : { rate, bought };
}

function toTransfers(
  assets: Assets,
  { accountId, toAccountId, sold, bought, amount }: ExchangeRequest,
  boughtAmount: bigint,
): readonly [TransferRequest, TransferRequest] {
  return [
    { debitAccountId: accountId, creditAccountId: assets.systemAccount(sold.id, "exchange"), amount },
    {
      debitAccountId: assets.systemAccount(bought.id, "exchange"),
      creditAccountId: toAccountId,
      amount: boughtAmount,
    },
  ];
}

function complete(
  desk: Desk,
  actor: Actor,
  done: Omit<ExchangeRequest, "bought" | "rate"> & Price & { id: number; boughtAsset: Asset },
): Decision {
  const { id, accountId, toAccountId, amount, sold, bought, boughtAsset, rate, reference = null } = done;
  const transaction = describeTransaction({
    id,
    type: "TRANSFER",
    status: "COMPLETED",
    accountId,
    toAccountId,
    amount,
    asset: sold,
    reference,
    metadata: null,
  });
  const document = JSON.stringify({
    ...transaction,
    bought: { amount: formatAmount(bought, boughtAsset.scale), currency: boughtAsset.code },
    exchange_rate: describeRate(rate),
    rounding: ROUNDING,
  });
  desk.events.push({ topic: "transaction.completed", payload: document });
  const record = { journalId: id, fromAccountId: accountId, toAccountId, sold: amount, bought };
  desk.rows.add(EXCHANGES, { ...record, rateId: rate.id, rate: rate.rate, rounding: ROUNDING });
  return {
    answer: withBalances(desk, actor, { document, accountIds: [accountId, toAccountId] }),
    counted: [{ type: "TRANSFER", status: "COMPLETED" }],
  };
}
