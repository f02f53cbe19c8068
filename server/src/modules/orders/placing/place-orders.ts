// Places an order: prices, tax and the fraud check, stock held, money held or a card's intent written down, and the order with
// its lines, in one commit with all other orders of the batch. It is all or nothing: a refusal of any line, of
// the account or by the check leaves no trace except its entry in the audit trail.

import { AppError } from "../../../values/app-error.ts";
import { needOwners } from "../../banking/index.ts";
import { PRODUCTS } from "../../catalog/index.ts";
import type { BookCommand, CommandOutcome, Decision, Desk, RowNeed } from "../../desk/index.ts";
import {
  reserveStock,
  type StockByProduct,
  type StockCheck,
  type StockPurpose,
  stockScope,
  type WantedStock,
} from "../../inventory/index.ts";
import { ASSET_STATES, type Asset, allOrNothing, refuseInactive, takeStamps } from "../../ledger/index.ts";
import { type Payment, scopeOfOpening } from "../../payments/index.ts";
import { sealAddresses } from "../addresses.ts";
import { findOwnStep, take } from "../changing/order-facts.ts";
import { partyOf } from "../changing/states.ts";
import { describeOrder } from "../describe-order.ts";
import { orderError } from "../errors.ts";
import { type Order, type OrderLine, ownerOf, type PaymentMethod } from "../order.ts";
import { ORDERS } from "../order-store.ts";
import { ADDRESSES, NEW_ORDERS } from "../order-write-store.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { applyCoupon, discountOfLines, needsOfCoupon, takeUseFor } from "./apply-coupon.ts";
import { settleCustomer, type WantedCustomer } from "./find-customer.ts";
import { openOrderPayment } from "./open-order-payment.ts";
import { type NewLine, priceLines } from "./price-lines.ts";
import type { Address, PreparedScreen, Screen, ScreenJudgement } from "./screen.ts";
import type { LineTotals } from "./totals.ts";

/** The order request; its form has been checked. */
export interface NewOrder extends WantedCustomer {
  readonly items: readonly NewLine[];
  readonly asset: Asset;
  /** In the form in which promotions stores it; undefined: none. */
  readonly couponCode?: string | undefined;
  readonly paymentMethod: PaymentMethod;
  /** For a balance: the account that pays. */
  readonly accountId?: number | undefined;
  /** For a card: the token that the client got from the provider. */
  readonly paymentToken?: string | undefined;
  readonly shippingAddress: Address | null;
  readonly billingAddress: Address | null;
  readonly reference?: string | undefined;
  /** JSON text. */
  readonly metadata?: string | undefined;
}

/** What a command adds that places an order as one of its parts (a cart's checkout). */
export interface PlacingExtension {
  readonly needs: readonly RowNeed[];
  /** Called before anything is decided. It may return an answer instead: the order that was placed earlier. */
  readonly check: (desk: Desk) => Decision | AppError | undefined;
  /** After the order is placed; may leave rows, must not refuse. */
  readonly onPlaced: (desk: Desk, order: Order) => void;
}

/** Places one order, as `buildPlacingCommand` says. A refusal is returned as the outcome. */
export async function placeOrder(
  services: OrderServices,
  caller: OrderCaller,
  request: NewOrder,
): Promise<CommandOutcome> {
  return services.desk.submit(await buildPlacingCommand(services, caller, request));
}

/**
 * A command that places one order. Reads its products without a lock; locks the stock accounts and the account that pays.
 * Refuses `customer_unknown`, `asset_inactive`, `product_unavailable`, `order_currency_mismatch`, `tax_class_unknown`, `order_too_large`, `insufficient_stock`,
 * `product_not_stocked`, what a coupon refuses (`coupon_used_up`, ...), `order_refused_by_screening`, `provider_not_configured`,
 * what opening a payment refuses (`insufficient_funds`, `account_not_found`, ...), and what an external stock system does, where
 * there is one.
 */
export async function buildPlacingCommand(
  services: OrderServices,
  caller: OrderCaller,
  wanted: NewOrder & { extension?: PlacingExtension },
): Promise<BookCommand> {
  const { assets } = services;
  const { refused: unknown, ...request } = await settleCustomer(services, wanted);
  const productIds = [...new Set(request.items.flatMap(({ productId }) => productId ?? []))];
  const refusedAhead =
    unknown ?? (services.checkStock && (await askElsewhere(services.checkStock, request.items)));
  const stock = await services.stockOf(productIds);
  const screen = services.screen && (await prepareScreen(services.screen, caller, request));
  const accounts = [...stock.values()].flat();
  const opening = { assetId: request.asset.id, accountId: request.accountId ?? null };
  const payment = scopeOfOpening(assets, opening);
  const stampsOfStock = request.items.reduce((sum, item) => sum + countAccounts(stock, item), 0);
  return {
    event: "order.place",
    ...caller,
    scope: {
      accountIds: [...stockScope(assets, accounts), ...payment.accountIds],
      stampCount: 1 + stampsOfStock + payment.stampCount,
    },
    needs: [
      ...needOwners(caller.actor, request.accountId === undefined ? [] : [request.accountId]),
      ...services.moneyGuard.needsOf(request.accountId),
      { reader: PRODUCTS, ids: productIds },
      { reader: ASSET_STATES, ids: [request.asset.id] },
      ...(screen?.needs ?? []),
      ...(request.extension?.needs ?? []),
      ...needsOfCoupon(request),
    ],
    decide: (desk) => decide(desk, { services, caller, request, stock, screen, refusedAhead }),
  };
}

/**
 * The refusal of an external stock system; undefined where it agrees. It is returned in the decision, so that a repeated
 * key gets its order as the answer, and not a refusal because that order has taken the units.
 */
export async function askElsewhere(
  checkStock: StockCheck,
  wanted: readonly WantedStock[],
): Promise<AppError | undefined> {
  try {
    await checkStock(wanted);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function prepareScreen(
  screen: Screen,
  { actor, origin }: OrderCaller,
  request: NewOrder,
): Promise<PreparedScreen | undefined> {
  const { customerId, asset, shippingAddress, billingAddress } = request;
  const currency = asset.code;
  return screen.prepare({ actor, customerId, currency, shippingAddress, billingAddress, ip: origin?.ip });
}

function countAccounts(stock: StockByProduct, { productId }: NewLine): number {
  return productId === undefined ? 0 : (stock.get(productId)?.length ?? 0);
}

interface Placing {
  readonly services: OrderServices;
  readonly caller: OrderCaller;
  readonly request: NewOrder & { extension?: PlacingExtension };
  readonly stock: StockByProduct;
  readonly screen: PreparedScreen | undefined;
  /** The refusal by what was asked before the desk. */
  readonly refusedAhead: AppError | undefined;
}

function decide(desk: Desk, placing: Placing): Decision | AppError {
  const { services, caller, request } = placing;
  const before = request.extension?.check(desk);
  if (before !== undefined) return before;
  if (placing.refusedAhead !== undefined) return placing.refusedAhead;
  if (desk.rows.of(ASSET_STATES).get(request.asset.id) === false) return refuseInactive(request.asset.code);
  const listed = priceLines(request.items, {
    products: desk.rows.of(PRODUCTS),
    taxRates: services.taxRates,
    currency: request.asset.code,
    mayBuyDrafts: partyOf(caller.actor) !== "customer",
  });
  const priced = listed instanceof AppError ? listed : applyCoupon(desk, request, listed);
  if (priced instanceof AppError) return priced;
  const judgement = placing.screen?.judge(desk, priced.totals.gross);
  if (judgement?.verdict === "refuse") return refuseScreened(judgement);
  const isInReview = judgement?.verdict === "review";
  const id = takeStamps(desk.book, 1);
  const booked = allOrNothing<Booked | AppError>(desk.book, {
    decide: () => book(desk, placing, { id, ...priced, isInReview }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (booked instanceof AppError) return services.moneyGuard.keepBlocked(desk, booked);
  judgement?.keep(id);
  return savePlaced(desk, placing, { id, booked, totals: priced.totals });
}

/** The reasons are only on the trail: the customer must not learn how to pass the check the next time. */
function refuseScreened({ score, reasons }: ScreenJudgement): AppError {
  const refused = orderError("order_refused_by_screening");
  refused.trail = { score, reasons };
  return refused;
}

interface Booked {
  readonly lines: readonly OrderLine[];
  readonly payment: Payment | undefined;
  readonly isInReview: boolean;
}

interface Priced {
  readonly id: number;
  readonly lines: readonly OrderLine[];
  readonly totals: LineTotals;
  readonly isInReview: boolean;
}

/** Stock first, then money: goods that cannot be delivered are not paid. */
function book(desk: Desk, { services, caller, request, stock }: Placing, priced: Priced): Booked | AppError {
  const reference = `order ${priced.id}`;
  const owner = ownerOf(priced);
  const lines = holdStock(desk, priced.lines, { stock, reference, owner, actorId: caller.actor.id });
  const { isInReview } = priced;
  if (lines instanceof AppError || priced.totals.gross === 0n)
    return lines instanceof AppError ? lines : { lines, payment: undefined, isInReview };
  const payment = openOrderPayment(desk, services, {
    ...request,
    caller,
    orderId: priced.id,
    amountMinor: priced.totals.gross,
    taxMinor: priced.totals.tax,
    isOnlyHeld: isInReview,
  });
  return payment instanceof AppError ? payment : { lines, payment, isInReview };
}

/**
 * Holds stock for lines in their order, so that two lines of one product count against the same balance. Within `allOrNothing`.
 * Refuses `insufficient_stock`, `product_not_stocked`, naming the line.
 */
export function holdStock(
  desk: Desk,
  lines: readonly OrderLine[],
  { stock, ...purpose }: StockPurpose & { stock: StockByProduct },
): OrderLine[] | AppError {
  const held: OrderLine[] = [];
  for (const line of lines) {
    const { productId, quantity, tracksStock } = line;
    if (productId === null || !tracksStock) {
      held.push(line);
      continue;
    }
    const holds = reserveStock(desk, { productId, quantity, ...purpose }, stock.get(productId) ?? []);
    if (holds instanceof AppError) return nameLine(holds, line.lineNo);
    const [holdIds, stockAccountIds] = [holds.map(({ id }) => id), holds.map((hold) => hold.debitAccountId)];
    held.push({ ...line, holdIds, stockAccountIds });
  }
  return held;
}

/** A refusal of one line's stock, with the field named as in the request. */
export function nameLine(refused: AppError, lineNo: number): AppError {
  const fields = [{ field: `items[${lineNo - 1}].quantity`, reason: refused.message }];
  return new AppError(refused.kind, refused.code, { ...refused.details, fields });
}

function savePlaced(
  desk: Desk,
  { services, caller, request }: Placing,
  placed: { id: number; booked: Booked; totals: LineTotals },
): Decision {
  const { lines, payment } = placed.booked;
  const order = toOrder(desk, { services, caller, request }, placed);
  const { shippingAddress: shipping, billingAddress: billing } = request;
  desk.rows.of(ORDERS).set(order.id, order);
  desk.rows.add(NEW_ORDERS, order);
  takeUseFor(desk, order);
  if (shipping !== null || billing !== null)
    desk.rows.add(ADDRESSES, sealAddresses(services.vault, order.id, { shipping, billing }));
  request.extension?.onPlaced(desk, order);
  const document = describeOrder(desk.assets, { order: { ...order, lines }, payment });
  const payload = JSON.stringify(document);
  desk.events.push({ topic: "order.placed", payload });
  const answer = withAddresses(payload, { shipping, billing });
  return { answer, counted: [], resource: { type: "order", id: String(order.id) } };
}

/** Addresses are only in the answer: events go to many receivers. */
function withAddresses(
  document: string,
  addresses: { shipping: Address | null; billing: Address | null },
): string {
  const { shipping, billing } = addresses;
  const more = `"shipping_address":${JSON.stringify(shipping)},"billing_address":${JSON.stringify(billing)}`;
  return `${document.slice(0, -1)},${more}}`;
}

function toOrder(
  desk: Desk,
  { services, caller, request }: Pick<Placing, "services" | "caller" | "request">,
  { id, booked, totals }: { id: number; booked: Booked; totals: LineTotals },
): Order {
  const { lines, payment, isInReview } = booked;
  const pending: Order = {
    id,
    customerId: request.customerId,
    placedBy: caller.actor.id,
    state: "PENDING",
    placedState: "PENDING",
    fulfilment: "unfulfilled",
    review: isInReview ? "pending" : "none",
    shippingStop: "none",
    paymentMethod: request.paymentMethod,
    paymentId: payment?.id ?? null,
    currency: request.asset.code,
    couponCode: request.couponCode ?? null,
    discount: request.couponCode === undefined ? 0n : discountOfLines(lines),
    net: totals.net,
    tax: totals.tax,
    total: totals.gross,
    credited: 0n,
    cancelled: 0n,
    waived: 0n,
    waivedTax: 0n,
    repaid: 0n,
    expiresAt: desk.book.now + secondsToPay(services, request.paymentMethod, isInReview) * 1_000_000,
    cancelReason: null,
    reference: request.reference ?? null,
    metadata: request.metadata ?? null,
    entryCount: 1,
    version: 1,
    lines,
  };
  const step = findOwnStep(pending, payment);
  if (step === undefined) return pending;
  const confirmed = take(pending, step);
  return { ...confirmed, placedState: confirmed.state };
}

function secondsToPay({ settings }: OrderServices, method: PaymentMethod, isInReview: boolean): number {
  if (isInReview) return settings.reviewSeconds;
  return method === "credit_card" || method === "balance" ? settings.unpaidSeconds : settings.invoiceSeconds;
}
