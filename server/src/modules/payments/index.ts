// The door of payments. `openPayment`, `addCharge` and the acts on charges decide inside a command of a higher module; `scopeOf` and
// `scopeOfOpening` tell what that command has to lock for them.

export { type Attempt, type AttemptState, isOpen } from "./attempts/attempt.ts";
export { createSendingPool } from "./attempts/send-attempts.ts";
export { scopeOf, scopeOfOpening } from "./book-money.ts";
export {
  cancelCharges,
  captureCharges,
  closeWaiting,
  fitCharges,
  refundCharges,
  takesCharges,
  voidCharges,
  withoutWaiting,
} from "./charges/act-on-charges.ts";
export { addCharge } from "./charges/add-charge.ts";
export {
  askedTaxOf,
  chargesOf,
  countedCharges,
  findWhole,
  selectCharges,
  sumMoney,
  type WholePayment,
} from "./charges/whole-payment.ts";
export { PAYMENTS_ERRORS, paymentsError } from "./errors.ts";
export {
  findAttempts,
  findMarksOfPayments,
  findMoneyOfOrders,
  findPaymentsOfOrders,
  getPayment,
  type OrderMoney,
} from "./find-payments.ts";
export type { ReturnedMoney } from "./find-returned.ts";
export { measureWaits, type PaymentWaits } from "./measure-waits.ts";
export { authorizeMore, type OpenPaymentRequest, openPayment } from "./open-payment.ts";
export { recordOutcome } from "./outcomes/record-outcome.ts";
export {
  authorizedLeft,
  type CaptureMode,
  capturableOf,
  isGivenBack,
  isInFlight,
  isPaid,
  netCaptured,
  type Payment,
  type PaymentMoney,
  type PaymentStatus,
  type ProviderName,
  refundableOf,
  statusOf,
  voidableOf,
} from "./payment.ts";
export type { ListenerNeeds, PaymentChange, PaymentListener } from "./payment-listener.ts";
export { ATTEMPTS, PAYMENTS } from "./payment-rows.ts";
export type { CardProvider, CardProviderName } from "./providers/card-provider.ts";
export { deliverDueWebhooks } from "./providers/sandbox/deliver-webhooks.ts";
export { createSandbox, readSandboxSecret, type Sandbox } from "./providers/sandbox/sandbox.ts";
export { loadStripe } from "./providers/stripe/load-stripe.ts";
export { raisePayment } from "./raise-payment.ts";
export { ListError } from "./reconcile/list-line.ts";
export { type ProviderList, readProviderList } from "./reconcile/provider-list.ts";
export { listSandbox, type Mismatch, type Reconciliation, reconcile } from "./reconcile/reconcile.ts";
export { checkRefundAccount, detailsOfRefundAccount, scopeOfRefundAccount } from "./refund-account.ts";
export { type PaymentServices, paymentRoutes } from "./routes.ts";
export { RefundTo } from "./schemas.ts";
export type { PaymentKeeper } from "./submit-change.ts";
export type { PaymentCheckName, PaymentDifference } from "./verify/verify-difference.ts";
export {
  type PaymentsVerification,
  type VerifyPaymentsOptions,
  verifyPayments,
} from "./verify/verify-payments.ts";
export { applyDueWebhooks, forgetOldWebhooks } from "./webhooks/apply-webhooks.ts";
