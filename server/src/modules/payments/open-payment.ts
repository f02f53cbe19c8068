// Opens a payment inside another command, such as placing an order: a balance's money is held at once, a card's intent is
// written down for the job to send, and an invoice waits for staff.
import { type Actor, actsForAll } from "../../values/actor.ts";
import type { AppError } from "../../values/app-error.ts";
import { ownersOf } from "../banking/index.ts";
import type { Desk } from "../desk/index.ts";
import { type Asset, type Hold, ledgerError, placeHold, takeStamps } from "../ledger/index.ts";
import { beginAttempt } from "./attempts/begin-attempt.ts";
import { allOrError, unlessRefused } from "./book-money.ts";
import { paymentsError } from "./errors.ts";
import { type CaptureMode, NO_MONEY, ownerOf, type Payment, type ProviderName } from "./payment.ts";
import { appendEvent, appendQuietEvent, savePayment } from "./payment-rows.ts";
import { refuseAmount } from "./providers/refuse-amount.ts";

export interface OpenPaymentRequest {
  readonly actor: Actor;
  readonly provider: ProviderName;
  readonly orderId: number | null;
  /** A further charge: the order's first one. */
  readonly addsTo?: number | undefined;
  /** The user who pays; null: nobody in particular. */
  readonly customerId: string | null;
  readonly asset: Asset;
  /** Minor units, more than zero. */
  readonly amountMinor: bigint;
  /** The tax contained in the amount. */
  readonly taxMinor: bigint;
  /** Default: manual. A balance is always captured by `capturePayment`. */
  readonly captureMode?: CaptureMode | undefined;
  /** The text on statements and at the provider. */
  readonly reference?: string | undefined;
  /** For a balance: the account that pays. It must be in the command's scope. */
  readonly accountId?: number | undefined;
  /** For a card: the payment method. */
  readonly methodToken?: string | undefined;
}

/**
 * Opens a payment: decide-time, inside a command whose scope has `scopeOfOpening`. Everything is booked and left, or nothing, and
 * it is undone with an `allOrNothing` around it.
 * Refuses `account_not_found`, `account_frozen`, `account_closed`, `asset_mismatch`, `insufficient_funds`,
 * `amount_overflow` (balance); `payment_method_missing`, `amount_not_payable` (Stripe).
 */
export function openPayment(desk: Desk, request: OpenPaymentRequest): Payment | AppError {
  if (request.provider === "stripe" && request.methodToken === undefined)
    return paymentsError("payment_method_missing", {
      fields: [{ field: "payment_token", reason: "is required for a card payment" }],
    });
  const { provider, asset, amountMinor } = request;
  const taken = { provider, assetId: asset.id, currency: asset.code };
  const refused = refuseAmount(desk, taken, { amountMinor, isCharge: true, field: "payment_method" });
  return refused ?? allOrError(desk, () => savePayment(desk, open(desk, request), { isNew: true }));
}

/**
 * Sets more aside for a balance's payment that has no hold any more: decide-time, with its account in the command's
 * scope. Refuses `payment_in_flight`, and for the account whatever opening refuses.
 */
export function authorizeMore(
  desk: Desk,
  payment: Payment,
  { actor, amountMinor }: { actor: Actor; amountMinor: bigint },
): Payment | AppError {
  if (payment.provider !== "balance" || payment.holdId !== null || payment.cancelRequested)
    return paymentsError("payment_in_flight");
  return allOrError(desk, () => {
    checkAccount(desk, actor, payment);
    const by = { amountMinor, actorId: actor.id };
    const held = { ...payment, holdId: holdBalance(desk, payment, by).id };
    return savePayment(desk, appendEvent(desk, held, { ...by, type: "authorized" }));
  });
}

function open(desk: Desk, request: OpenPaymentRequest): Payment {
  const { provider, actor } = request;
  const opened = newPayment(desk, request);
  if (provider === "balance") return openBalance(desk, opened, actor);
  const noted = appendQuietEvent(desk, opened, {
    type: "opened",
    amountMinor: opened.amountMinor,
    actorId: actor.id,
  });
  if (provider === "manual") return noted;
  const { amountMinor, taxMinor } = opened;
  const begun = { act: "authorize", amountMinor, taxMinor, actorId: actor.id } as const;
  return beginAttempt(desk, noted, begun).payment;
}

function openBalance(desk: Desk, payment: Payment, actor: Actor): Payment {
  checkAccount(desk, actor, payment);
  const by = { amountMinor: payment.amountMinor, actorId: actor.id };
  const held = { ...payment, holdId: holdBalance(desk, payment, by).id };
  return appendQuietEvent(desk, held, { ...by, type: "authorized" });
}

/** Customers pay from their own accounts; nobody may name an account of the house. */
function checkAccount(desk: Desk, actor: Actor, { accountId, assetId }: Payment): void {
  const account = desk.book.accounts.get(accountId ?? 0);
  const isForeign = !actsForAll(actor) && ownersOf(desk).get(accountId ?? 0) !== actor.id;
  if (account === undefined || account.system || isForeign)
    throw ledgerError("account_not_found", { account_id: String(accountId) });
  if (account.assetId !== assetId) throw ledgerError("asset_mismatch");
}

/** Sets the amount aside on the customer's account, in favor of `sales`. @throws AppError what the ledger refuses */
export function holdBalance(
  desk: Desk,
  payment: Payment,
  { amountMinor, actorId }: { amountMinor: bigint; actorId: string },
): Hold {
  const hold = placeHold(desk.book, {
    kind: "ORDER_HOLD",
    actorId,
    owner: ownerOf(payment),
    reference: payment.reference ?? undefined,
    debitAccountId: payment.accountId ?? 0,
    creditAccountId: desk.assets.systemAccount(payment.assetId, "sales"),
    amount: amountMinor,
  });
  return unlessRefused(hold);
}

function newPayment(desk: Desk, request: OpenPaymentRequest): Payment {
  const { asset, captureMode = "manual", reference = null, accountId = null, methodToken = null } = request;
  return {
    id: takeStamps(desk.book, 1),
    orderId: request.orderId,
    addsTo: request.addsTo ?? null,
    customerId: request.customerId,
    provider: request.provider,
    assetId: asset.id,
    currency: asset.code,
    amountMinor: request.amountMinor,
    taxMinor: request.taxMinor,
    captureMode,
    reference,
    accountId: request.provider === "balance" ? accountId : null,
    holdId: null,
    methodToken,
    providerReference: null,
    actionUrl: null,
    failureCode: null,
    ...NO_MONEY,
    eventCount: 0,
    chargeCount: 1,
    version: 1,
  };
}
