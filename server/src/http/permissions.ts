// Who may do what: one line for each operation of the API, by its operationId. Nobody may do what is not listed, and the
// program does not start with an unlisted route. Access to things with an owner is narrowed further
// where they are read (`actsForAll`).
import { type Actor, isAdmin, type Role } from "../values/actor.ts";

export interface Permission {
  readonly roles: readonly Role[];
  /** The permission an API key needs; any: none; undefined: only a person may do this, no key and nobody acting for a person. */
  readonly scope: Scope | "any" | undefined;
  /** It moves a person's money: it passes the money guard, and RATE_LIMIT_MONEY counts it. */
  readonly movesMoney?: true;
}

export const SCOPES = [
  "accounts:read",
  "accounts:write",
  "transactions:read",
  "transactions:write",
  "transactions:reverse",
  "catalog:read",
  "catalog:write",
  "rates:read",
  "rates:write",
  "assets:write",
  "risk:read",
  "risk:write",
  "payments:read",
  "payments:write",
  "payments:large",
  "audit:read",
  "audit:write",
  "users:read",
  "users:write",
  "profile:read",
  "stock:read",
  "stock:write",
  "orders:read",
  "orders:write",
  "coupons:read",
  "coupons:write",
  "trading:read",
  "trading:write",
  "quotes:write",
  "instruments:write",
] as const;
export type Scope = (typeof SCOPES)[number];

const EVERYONE: readonly Role[] = ["admin", "operator", "service", "customer"];
const STAFF: readonly Role[] = ["admin", "operator", "service"];
const OPERATORS: readonly Role[] = ["admin", "operator"];
const ADMIN: readonly Role[] = ["admin"];

const by = (roles: readonly Role[], scope: Permission["scope"]): Permission => ({ roles, scope });
const moving = (roles: readonly Role[], scope: Scope): Permission => ({ roles, scope, movesMoney: true });

export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  // Accounts and money: customers only on their own
  openAccount: by(STAFF, "accounts:write"),
  openAccounts: by(STAFF, "accounts:write"),
  listAccounts: by(EVERYONE, "accounts:read"),
  getAccount: by(EVERYONE, "accounts:read"),
  changeAccount: by(EVERYONE, "accounts:write"),
  getBalance: by(EVERYONE, "accounts:read"),
  getStatement: by(EVERYONE, "accounts:read"),
  listTransactions: by(EVERYONE, "transactions:read"),
  getTransaction: by(EVERYONE, "transactions:read"),
  postTransaction: moving(EVERYONE, "transactions:write"),
  postTransactions: moving(EVERYONE, "transactions:write"),
  reverseTransaction: by(STAFF, "transactions:reverse"),
  placeHold: moving(EVERYONE, "transactions:write"),
  captureHold: moving(EVERYONE, "transactions:write"),
  releaseHold: moving(EVERYONE, "transactions:write"),
  getHold: by(EVERYONE, "transactions:read"),
  listHolds: by(EVERYONE, "transactions:read"),
  exchangeCurrency: moving(EVERYONE, "transactions:write"),
  listExchangeRates: by(EVERYONE, "rates:read"),
  listExchangeRateHistory: by(EVERYONE, "rates:read"),
  setExchangeRate: by(ADMIN, "rates:write"),
  listAssets: by(EVERYONE, "rates:read"),
  getAsset: by(EVERYONE, "rates:read"),
  addAsset: by(ADMIN, "assets:write"),
  changeAsset: by(ADMIN, "assets:write"),
  activateAsset: by(ADMIN, "assets:write"),
  deactivateAsset: by(ADMIN, "assets:write"),
  listRiskFlags: by(STAFF, "risk:read"),
  blockSubject: by(ADMIN, "risk:write"),
  listBlocked: by(ADMIN, "risk:read"),
  getBlocked: by(ADMIN, "risk:read"),
  changeBlocked: by(ADMIN, "risk:write"),
  unblockSubject: by(ADMIN, "risk:write"),
  getScreening: by(STAFF, "risk:read"),

  // Stock
  listLocations: by(STAFF, "stock:read"),
  addLocation: by(OPERATORS, "stock:write"),
  changeLocation: by(OPERATORS, "stock:write"),
  listStock: by(STAFF, "stock:read"),
  getStock: by(STAFF, "stock:read"),
  changeStock: by(OPERATORS, "stock:write"),
  listStockMovements: by(STAFF, "stock:read"),
  listStockReservations: by(STAFF, "stock:read"),
  receiveStock: by(STAFF, "stock:write"),
  adjustStock: by(STAFF, "stock:write"),
  transferStock: by(STAFF, "stock:write"),
  takeStock: by(STAFF, "stock:write"),
  listPurchaseOrders: by(STAFF, "stock:read"),
  getPurchaseOrder: by(STAFF, "stock:read"),
  addPurchaseOrder: by(OPERATORS, "stock:write"),
  receivePurchaseOrder: by(STAFF, "stock:write"),

  // Payments: customers see their own; only staff give or take money
  listPayments: by(EVERYONE, "payments:read"),
  getPayment: by(EVERYONE, "payments:read"),
  capturePayment: by(STAFF, "payments:write"),
  voidPayment: by(STAFF, "payments:write"),
  refundPayment: by(STAFF, "payments:write"),
  listPaymentAttention: by(STAFF, "payments:read"),
  listPaymentDisputes: by(STAFF, "payments:read"),
  resolvePayment: by(OPERATORS, "payments:write"),
  resolvePaymentEvent: by(OPERATORS, "payments:write"),

  // The catalog: reading is open to visitors too; drafts are for staff
  listCategories: by(EVERYONE, "catalog:read"),
  getCategory: by(EVERYONE, "catalog:read"),
  addCategory: by(STAFF, "catalog:write"),
  changeCategory: by(STAFF, "catalog:write"),
  removeCategory: by(STAFF, "catalog:write"),
  listProducts: by(EVERYONE, "catalog:read"),
  findProductFacets: by(EVERYONE, "catalog:read"),
  getProduct: by(EVERYONE, "catalog:read"),
  addProduct: by(STAFF, "catalog:write"),
  addProducts: by(STAFF, "catalog:write"),
  changeProduct: by(STAFF, "catalog:write"),
  archiveProduct: by(STAFF, "catalog:write"),
  addProductImage: by(STAFF, "catalog:write"),
  removeProductImage: by(STAFF, "catalog:write"),
  getImage: by(EVERYONE, "catalog:read"),

  // Orders: customers only their own
  placeOrder: moving(EVERYONE, "orders:write"),
  previewOrder: by(EVERYONE, "orders:write"),
  listOrders: by(EVERYONE, "orders:read"),
  getOrder: by(EVERYONE, "orders:read"),
  changeOrder: moving(EVERYONE, "orders:write"),
  payOrder: moving(EVERYONE, "orders:write"),
  cancelOrder: by(EVERYONE, "orders:write"),
  advanceOrder: by(STAFF, "orders:write"),
  reviewOrder: by(OPERATORS, "orders:write"),
  shipOrder: by(STAFF, "orders:write"),
  deliverOrder: by(STAFF, "orders:write"),
  writeOffUnits: by(STAFF, "orders:write"),
  moveUnits: by(STAFF, "orders:write"),
  reserveShort: by(STAFF, "orders:write"),
  returnItems: by(STAFF, "orders:write"),
  refundOrder: by(STAFF, "orders:write"),
  createCreditNote: by(STAFF, "orders:write"),
  listCreditNotes: by(EVERYONE, "orders:read"),
  getCreditNote: by(EVERYONE, "orders:read"),

  // Coupons: anybody who may order can ask what one takes off
  listCoupons: by(OPERATORS, "coupons:read"),
  getCoupon: by(OPERATORS, "coupons:read"),
  addCoupon: by(OPERATORS, "coupons:write"),
  changeCoupon: by(OPERATORS, "coupons:write"),
  checkCoupon: by(EVERYONE, "orders:read"),

  // Trading: customers only their own orders and positions; programs and staff send quotes
  listInstruments: by(EVERYONE, "trading:read"),
  getInstrument: by(EVERYONE, "trading:read"),
  getBook: by(EVERYONE, "trading:read"),
  addInstrument: by(ADMIN, "instruments:write"),
  changeInstrument: by(ADMIN, "instruments:write"),
  openInstrument: by(OPERATORS, "instruments:write"),
  haltInstrument: by(OPERATORS, "instruments:write"),
  closeInstrument: by(OPERATORS, "instruments:write"),
  takeQuotes: by(STAFF, "quotes:write"),
  listQuotes: by(EVERYONE, "trading:read"),
  streamTrading: by(EVERYONE, "trading:read"),
  listCandles: by(EVERYONE, "trading:read"),
  placeTradeOrder: moving(EVERYONE, "trading:write"),
  placeTradeOrderPair: moving(EVERYONE, "trading:write"),
  replaceTradeOrder: moving(EVERYONE, "trading:write"),
  listTradeOrders: by(EVERYONE, "trading:read"),
  getTradeOrder: by(EVERYONE, "trading:read"),
  cancelTradeOrder: by(EVERYONE, "trading:write"),
  cancelTradeOrders: by(EVERYONE, "trading:write"),
  listPositions: by(EVERYONE, "trading:read"),
  stopTrading: by(OPERATORS, "instruments:write"),
  endTradingStop: by(OPERATORS, "instruments:write"),
  listTradingStops: by(OPERATORS, "instruments:write"),
  listLots: by(EVERYONE, "trading:read"),
  carryOutCorporateAction: moving(OPERATORS, "instruments:write"),
  listCorporateActions: by(EVERYONE, "trading:read"),
  getTradingSummary: by(EVERYONE, "trading:read"),
  listTradingVolume: by(EVERYONE, "trading:read"),
  getPortfolio: by(EVERYONE, "trading:read"),
  transferPosition: moving(EVERYONE, "trading:write"),

  // What was sold
  getSales: by(STAFF, "orders:read"),
  listSalesByPeriod: by(STAFF, "orders:read"),
  listSalesByCustomer: by(STAFF, "orders:read"),
  listSalesByCategory: by(STAFF, "orders:read"),
  listTopProducts: by(STAFF, "orders:read"),

  // Carts: open to guests too, who show their cart's token
  openCart: by(EVERYONE, "orders:write"),
  getCart: by(EVERYONE, "orders:read"),
  addCartLine: by(EVERYONE, "orders:write"),
  replaceCartLines: by(EVERYONE, "orders:write"),
  changeCartLine: by(EVERYONE, "orders:write"),
  removeCartLine: by(EVERYONE, "orders:write"),
  acceptCartPrices: by(EVERYONE, "orders:write"),
  setCartCoupon: by(EVERYONE, "orders:write"),
  removeCartCoupon: by(EVERYONE, "orders:write"),
  mergeCart: by(EVERYONE, "orders:write"),
  checkOutCart: moving(EVERYONE, "orders:write"),
  getCartOrder: by(EVERYONE, "orders:read"),

  // Each command on a stream is checked separately
  openStream: by(EVERYONE, "any"),

  // The check of the whole
  getIntegrity: by(ADMIN, "audit:read"),

  // The audit trail; its checkpoints are public
  listAuditEntries: by(ADMIN, "audit:read"),
  eraseAuditSubject: by(ADMIN, "audit:write"),
  getEntryProof: by(STAFF, "audit:read"),
  getTransferProof: by(STAFF, "audit:read"),
  postSecureTransaction: moving(STAFF, "transactions:write"),

  // One's own user
  getMe: by(EVERYONE, "profile:read"),
  changeMe: by(EVERYONE, undefined),
  logOut: by(EVERYONE, undefined),
  stepUp: by(EVERYONE, undefined),
  changePassword: by(EVERYONE, undefined),
  resendVerification: by(EVERYONE, undefined),
  listMySessions: by(EVERYONE, undefined),
  endMySession: by(EVERYONE, undefined),
  endMyOtherSessions: by(EVERYONE, undefined),
  listMyApiKeys: by(EVERYONE, undefined),
  addMyApiKey: by(EVERYONE, undefined),
  revokeMyApiKey: by(EVERYONE, undefined),
  listMyFactors: by(EVERYONE, undefined),
  beginTotp: by(EVERYONE, undefined),
  confirmTotp: by(EVERYONE, undefined),
  removeTotp: by(EVERYONE, undefined),
  renewBackupCodes: by(EVERYONE, undefined),
  stepUpOptions: by(EVERYONE, undefined),
  listMyPasskeys: by(EVERYONE, undefined),
  passkeyCreationOptions: by(EVERYONE, undefined),
  addMyPasskey: by(EVERYONE, undefined),
  removeMyPasskey: by(EVERYONE, undefined),

  // Not an operation: what payouts require of a person's API key beyond STEP_UP_LIMITS, since a key cannot step up
  payLarge: by(EVERYONE, "payments:large"),

  // Other users. Only a person, never a key, may change anybody's rights
  listUsers: by(OPERATORS, "users:read"),
  getUser: by(OPERATORS, "users:read"),
  listUserSessions: by(OPERATORS, "users:read"),
  createUser: by(ADMIN, undefined),
  changeUser: by(ADMIN, undefined),
  endUserSessions: by(OPERATORS, "users:write"),
  startPasswordReset: by(OPERATORS, "users:write"),
  listUserApiKeys: by(OPERATORS, "users:read"),
  revokeUserApiKey: by(OPERATORS, "users:write"),
  addUserApiKey: by(ADMIN, undefined),
  impersonateUser: by(ADMIN, undefined),
  resetUserFactors: by(ADMIN, undefined),
  listSigningKeys: by(ADMIN, undefined),
  rotateSigningKeys: by(ADMIN, undefined),
};

export interface Refusal {
  /** `person_required`: only a person may do this in their own name, no API key and nobody acting for a person. */
  readonly code: "forbidden" | "person_required";
  /** The reason, in words. */
  readonly message: string;
}

/** Undefined where the actor may. */
export function findRefusal(actor: Actor, permission: Permission): Refusal | undefined {
  if (!actor.roles.some((role) => permission.roles.includes(role)))
    return { code: "forbidden", message: `this needs the role ${permission.roles.join(" or ")}` };
  if (permission.scope === undefined) {
    if (actor.kind === "api_key")
      return {
        code: "person_required",
        message: "no API key may do this: sign in as a person who may",
      };
    if (actor.impersonatorId !== undefined)
      return { code: "person_required", message: "nobody may do this on behalf of another user" };
    return undefined;
  }
  const isScoped =
    permission.scope === "any" || actor.scopes === undefined || actor.scopes.includes(permission.scope);
  return isScoped
    ? undefined
    : { code: "forbidden", message: `this API key lacks the scope ${permission.scope}` };
}

/** Only administrators act on administrators: otherwise an operator could sign out an administrator, or begin to take over. */
export function mayActOn(actor: Actor, roles: readonly Role[]): boolean {
  return isAdmin(actor) || !roles.includes("admin");
}
