// Places a hold: sets an amount aside for another account, or for a payout to the outside world, until it is captured,
// released or expires. The same guards and risk rules as for a transfer, for it promises the same.
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { Origin } from "../../../values/origin.ts";
import type { BookCommand, Decision, Desk } from "../../desk/command-desk.ts";
import {
  type Asset,
  type Assets,
  placeHold as bookHold,
  type HoldRequest,
  isRefusal,
  ledgerError,
} from "../../ledger/index.ts";
import {
  countHold,
  findBlocked,
  flagTransaction,
  judgeMovement,
  refuseAccount,
  refuseSystemAccount,
  refuseTransaction,
  withBalances,
} from "../transactions/judge-movement.ts";
import { describeHold } from "./hold.ts";

/** A hold asked for, checked in form. */
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

export interface CommandContext {
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}

/**
 * A command that places one hold. Locks both accounts.
 * Refuses `account_not_found`, `account_frozen`, `account_closed`, `asset_mismatch`,
 * `insufficient_funds`, `amount_overflow`, `blocked_by_risk_rule`; those of kind refused are kept as FAILED.
 */
export function placeHold(
  context: CommandContext & { assets: Assets },
  request: PlaceHoldRequest,
): BookCommand {
  const { actor, assets, key, origin } = context;
  const creditAccountId = request.toAccountId ?? assets.systemAccount(request.asset.id, "world");
  return {
    event: "hold.place",
    actor,
    key,
    origin,
    scope: { accountIds: [request.accountId, creditAccountId], stampCount: 2 },
    debitedIds: [request.accountId],
    holdingIds: [request.accountId],
    decide: (desk) => decide(desk, actor, { request, creditAccountId }),
  };
}

function decide(
  desk: Desk,
  actor: Actor,
  { request, creditAccountId }: { request: PlaceHoldRequest; creditAccountId: number },
): Decision | AppError {
  const refused = refuseAccounts(desk, actor, request);
  if (refused !== undefined) return refused;
  const { accountId, amount, asset } = request;
  const findings = judgeMovement(desk, { accountId, amount, asset, outgoing: true, isHold: true });
  const wanted = toHoldRequest(desk, actor, { request, creditAccountId });
  const blocked = findBlocked(findings);
  if (blocked !== undefined)
    return refuseTransaction(desk, { header: wanted, movement: wanted, error: blocked, findings });
  const hold = bookHold(desk.book, wanted);
  if (isRefusal(hold)) {
    const error = ledgerError(hold.refused, hold.details);
    return refuseTransaction(desk, { header: wanted, movement: wanted, error });
  }
  flagTransaction(desk, accountId, { id: hold.id, findings });
  countHold(desk, { accountId, id: hold.id }, 1);
  const { reference = null, metadata = null } = request;
  const document = JSON.stringify(describeHold(desk.assets, asset.id, { hold, reference, metadata }));
  desk.events.push({ topic: "hold.placed", payload: document });
  return {
    answer: withBalances(desk, actor, { document, accountIds: [accountId] }),
    counted: [{ type: hold.kind, status: "PENDING" }],
  };
}

/** The payee may be anybody's, but it must be a customer's account. */
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
