// Places a hold: sets an amount aside for another account, or for a payout to the outside world, until it is captured,
// released or expires. The guards and risk rules of a transfer apply, because a hold promises a transfer.
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import {
  type Asset,
  type Assets,
  describeHold,
  type HoldRequest,
  isRefusal,
  ledgerError,
  placeHold,
} from "../../ledger/index.ts";
import type { RiskGuard } from "../../risk/index.ts";
import { needOwners } from "../accounts/account-owners.ts";
import type { MoneyCaller, MoneyServices } from "../money-services.ts";
import {
  findBlocked,
  refuseAccount,
  refuseSystemAccount,
  refuseTransaction,
  withBalances,
} from "../transactions/judge-movement.ts";
import { requireProofOfLarge } from "../transactions/large-payment.ts";

/** A requested hold whose form has been checked. */
export interface PlaceHoldRequest {
  readonly accountId: number;
  /** Undefined: a payout to the outside world. */
  readonly toAccountId?: number | undefined;
  readonly amount: bigint;
  readonly asset: Asset;
  readonly expiresInSeconds: number;
  readonly reference?: string | undefined;
  /** JSON text. */
  readonly metadata?: string | undefined;
}

export interface CommandContext extends MoneyCaller {
  readonly risk: RiskGuard;
}

/**
 * Places a hold, as `buildPlaceHoldCommand` says. A hold promises a payment, so it needs the same proof as a payment. The
 * desk's refusals come back as the outcome.
 * @throws AppError `forbidden/step_up_required`, `forbidden/large_payment_by_key`, remembered under no key
 */
export async function placeBankHold(
  services: MoneyServices,
  caller: MoneyCaller,
  request: PlaceHoldRequest,
): Promise<CommandOutcome> {
  const { desk, assets, risk } = services;
  const type = request.toAccountId === undefined ? "withdrawal" : "transfer";
  await requireProofOfLarge(services, caller.actor, [{ ...request, type }]);
  return desk.submit(buildPlaceHoldCommand({ ...caller, assets, risk }, request));
}

/**
 * A command that places one hold. Locks both accounts.
 * Refuses `account_not_found`, `account_frozen`, `account_closed`, `asset_mismatch`,
 * `insufficient_funds`, `amount_overflow`, `blocked_by_risk_rule`; those of kind refused are kept as FAILED.
 */
export function buildPlaceHoldCommand(
  context: CommandContext & { assets: Assets },
  request: PlaceHoldRequest,
): BookCommand {
  const { actor, risk, assets, key, origin } = context;
  const creditAccountId = request.toAccountId ?? assets.systemAccount(request.asset.id, "world");
  return {
    event: "hold.place",
    actor,
    key,
    origin,
    scope: { accountIds: [request.accountId, creditAccountId], stampCount: 2 },
    needs: [
      ...needOwners(actor, [request.accountId, creditAccountId]),
      ...risk.needsOf({ debitedIds: [request.accountId] }),
    ],
    decide: (desk) => decide(desk, context, { request, creditAccountId }),
  };
}

function decide(
  desk: Desk,
  { actor, risk }: CommandContext,
  { request, creditAccountId }: { request: PlaceHoldRequest; creditAccountId: number },
): Decision | AppError {
  const refused = refuseAccounts(desk, actor, request);
  if (refused !== undefined) return refused;
  const { accountId, amount, asset } = request;
  const findings = risk.judge(desk, { accountId, amount, asset, outgoing: true });
  const wanted = toHoldRequest(desk, actor, { request, creditAccountId });
  const blocked = findBlocked(findings);
  if (blocked !== undefined)
    return refuseTransaction(desk, risk, { header: wanted, movement: wanted, error: blocked, findings });
  const hold = placeHold(desk.book, wanted);
  if (isRefusal(hold)) {
    const error = ledgerError(hold.refused, hold.details);
    return refuseTransaction(desk, risk, { header: wanted, movement: wanted, error });
  }
  risk.flag(desk, accountId, { id: hold.id, findings });
  risk.countHold(desk, { accountId, id: hold.id }, 1);
  const { reference = null, metadata = null } = request;
  const document = JSON.stringify(describeHold(desk.assets, asset.id, { hold, reference, metadata }));
  desk.events.push({ topic: "hold.placed", payload: document });
  return {
    answer: withBalances(desk, actor, { document, accountIds: [accountId] }),
    counted: [{ type: hold.kind, status: "PENDING" }],
  };
}

/** The payee's account may belong to anybody, but it must be a customer's account. */
function refuseAccounts(desk: Desk, actor: Actor, request: PlaceHoldRequest): AppError | undefined {
  const { toAccountId } = request;
  const foreign = refuseAccount(desk, actor, request);
  if (foreign !== undefined) return foreign;
  return toAccountId === undefined ? undefined : refuseSystemAccount(desk, toAccountId);
}

function toHoldRequest(
  desk: Desk,
  actor: Actor,
  { request, creditAccountId }: { request: PlaceHoldRequest; creditAccountId: number },
): HoldRequest {
  return {
    kind: request.toAccountId === undefined ? "WITHDRAW" : "TRANSFER",
    actorId: actor.id,
    reference: request.reference,
    metadata: request.metadata,
    debitAccountId: request.accountId,
    creditAccountId,
    amount: request.amount,
    expiresAt: desk.book.now + request.expiresInSeconds * 1_000_000,
  };
}
