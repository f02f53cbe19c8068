// The door of payments. `openPayment`, `capturePayment`, `voidPayment`, `refundPayment` and `cancelPayment` decide inside a
// command of a higher module; `scopeOf` and `scopeOfOpening` say what that command has to lock for them.

export { applyDueWebhooks, forgetOldWebhooks } from "./apply-webhooks.ts";
export { type Attempt, type AttemptState, isOpen } from "./attempt.ts";
export { scopeOf, scopeOfOpening } from "./book-money.ts";
export { createCallPolicy } from "./call-policy.ts";
export { type CaptureRequest, capturePayment } from "./capture-payment.ts";
export type { CardProvider, CardProviderName } from "./card-provider.ts";
export { deliverDueWebhooks } from "./deliver-webhooks.ts";
export { PAYMENTS_ERRORS, type PaymentsErrorCode, paymentsError } from "./errors.ts";
export {
  findAttempts,
  findMoneyOfOrders,
  findPaymentsOfOrders,
  getPayment,
  type OrderMoney,
} from "./find-payments.ts";
export { loadStripe } from "./load-stripe.ts";
export { measureWaits, type PaymentWaits } from "./measure-waits.ts";
export { type OpenPaymentRequest, openPayment } from "./open-payment.ts";
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
export { ListError, type ProviderList, readProviderList } from "./provider-list.ts";
export { listSandbox, type Mismatch, type Reconciliation, reconcile } from "./reconcile.ts";
export { type PaymentKeeper, recordOutcome } from "./record-outcome.ts";
export {
  cancelPayment,
  type Refunded,
  type RefundRequest,
  refundPayment,
  voidPayment,
} from "./return-payment.ts";
export { type PaymentServices, paymentRoutes } from "./routes.ts";
export { runWorker, type Worker } from "./run-worker.ts";
export { createSandbox, readSandboxSecret, type Sandbox } from "./sandbox.ts";
export { createSendingPool } from "./send-attempts.ts";
export type { PaymentCheckName, PaymentDifference } from "./verify-difference.ts";
export { type PaymentsVerification, type VerifyPaymentsOptions, verifyPayments } from "./verify-payments.ts";
