// Opens the payment of an order, or has what it lacks paid by the payment that has part of it.
import { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import type { Asset } from "../../ledger/index.ts";
import {
  addCharge,
  authorizeMore,
  type CaptureMode,
  openPayment,
  type ProviderName,
  paymentsError,
  type WholePayment,
} from "../../payments/index.ts";
import { orderError } from "../errors.ts";
import type { PaymentMethod } from "../order.ts";
import type { OrderCaller, OrderServices } from "../services.ts";

export interface OrderPaymentRequest {
  readonly caller: OrderCaller;
  readonly orderId: number;
  readonly customerId: string | null;
  readonly asset: Asset;
  readonly paymentMethod: PaymentMethod;
  readonly accountId?: number | undefined;
  readonly paymentToken?: string | undefined;
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
  /** A card is charged when goods are shipped, not at once. */
  readonly isOnlyHeld?: boolean | undefined;
  /** The payment that has part of the money and gets the rest: from the same balance, or as a further charge. Undefined: a new one. */
  readonly onto?: WholePayment | undefined;
}

/** Opens a payment for an order, or holds the rest of its money. Within `allOrNothing`. */
export function openOrderPayment(
  desk: Desk,
  services: OrderServices,
  request: OrderPaymentRequest,
): WholePayment | AppError {
  const { paymentMethod, orderId, caller, paymentToken, isOnlyHeld = false, onto, ...rest } = request;
  const provider = findProvider(services, request);
  if (provider instanceof AppError) return provider;
  const opening = {
    ...rest,
    actor: caller.actor,
    provider,
    orderId,
    captureMode: onto?.captureMode ?? captureModeOf(paymentMethod, isOnlyHeld),
    reference: `order ${orderId}`,
    methodToken: paymentToken,
  } as const;
  if (provider !== "balance" || rest.accountId === undefined)
    return onto === undefined ? openPayment(desk, opening) : addCharge(desk, onto, opening);
  const { asset, amountMinor: amount, accountId: debitAccountId } = rest;
  const { actor } = caller;
  const movement = { debitAccountId, creditAccountId: desk.assets.systemAccount(asset.id, "sales"), amount };
  const header = { kind: "ORDER_PAYMENT", actorId: actor.id, reference: opening.reference } as const;
  return services.moneyGuard.guard(desk, { actor, asset, movement, header }, () =>
    onto === undefined
      ? openPayment(desk, opening)
      : authorizeMore(desk, onto, { actor, amountMinor: amount }),
  );
}

function captureModeOf(method: PaymentMethod, isOnlyHeld: boolean): CaptureMode {
  return method === "credit_card" && !isOnlyHeld ? "automatic" : "manual";
}

/** The provider of the payment. Refuses `provider_not_configured`, `account_for_payment_missing`. */
export function findProvider(
  { cardProvider }: OrderServices,
  { paymentMethod, accountId }: Pick<OrderPaymentRequest, "paymentMethod" | "accountId">,
): ProviderName | AppError {
  const provider = providerOf(paymentMethod, cardProvider);
  if (provider === undefined)
    return paymentsError("provider_not_configured", {
      fields: [{ field: "payment_method", reason: "no card provider is configured" }],
    });
  const lacksAccount = provider === "balance" && accountId === undefined;
  return lacksAccount ? orderError("account_for_payment_missing") : provider;
}

function providerOf(method: PaymentMethod, card: ProviderName | undefined): ProviderName | undefined {
  if (method === "credit_card") return card;
  return method === "balance" ? "balance" : "manual";
}
