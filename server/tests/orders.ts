// Orders at a test's desk, without HTTP and without jobs: what a card's provider says, and when, is told by the test.
import { afterAll, expect } from "vitest";
import { createMoneyGuard } from "../src/modules/banking/index.ts";
import { addProduct, type NewProduct } from "../src/modules/catalog/products/add-products.ts";
import { buildReceiptCommand } from "../src/modules/inventory/bookings/book-stock.ts";
import { createStockDirectory } from "../src/modules/inventory/index.ts";
import { addLocation } from "../src/modules/inventory/stock/location.ts";
import { changeOrder, type OrderAct } from "../src/modules/orders/changing/change-order.ts";
import { shipOrder } from "../src/modules/orders/fulfilment/ship-order.ts";
import {
  buildPlacingCommand,
  followPayments,
  type NewOrder,
  type OrderServices,
  readTaxRates,
  type Screen,
} from "../src/modules/orders/index.ts";
import { stateOf } from "../src/modules/orders/order-store.ts";
import type { Attempt } from "../src/modules/payments/attempts/attempt.ts";
import { type AttemptRow, toAttempt } from "../src/modules/payments/attempts/attempt-store.ts";
import { submitCapture, submitRefund } from "../src/modules/payments/change-payment.ts";
import { getPayment, type PaymentKeeper, recordOutcome } from "../src/modules/payments/index.ts";
import type { ProviderReport } from "../src/modules/payments/providers/card-provider.ts";
import { addCoupon } from "../src/modules/promotions/change-coupon.ts";
import { type CouponTerms, NO_TERMS } from "../src/modules/promotions/coupon.ts";
import { getCoupon } from "../src/modules/promotions/find-coupons.ts";
import type { KeyedRequest } from "../src/runtime/idempotency.ts";
import { inTransaction } from "../src/runtime/transaction.ts";
import { openVault } from "../src/runtime/vault/vault.ts";
import type { Actor } from "../src/values/actor.ts";
import { answerOf, customer, openTestDesk, STAFF, type TestDesk } from "./desk.ts";
import { addContext, newProduct } from "./products.ts";
import { findDifferences } from "./verified.ts";

type Json = ReturnType<typeof JSON.parse>;
/** Product and quantity. */
export type TestLine = readonly [productId: number, quantity: number];

export const NO_TRACKING = { carrier: null, trackingNumber: null, trackingUrl: null };
export const ALICE: Actor = customer("alice");

export interface TestOrders extends TestDesk {
  readonly services: OrderServices;
  readonly keeper: PaymentKeeper;
  /** A product of 10.00 USD with so many units; returns its id. */
  readonly addProduct: (quantity: number, fields?: Partial<NewProduct>) => Promise<number>;
  /** A coupon of 10 %, unless told otherwise; returns its code. */
  readonly addCoupon: (terms?: Partial<CouponTerms>) => Promise<string>;
  /** Its uses as the coupon counts them. */
  readonly usesOf: (code: string) => Promise<number>;
  /** Alice's order, by card unless told otherwise. @throws the refusal */
  readonly place: (
    lines: readonly TestLine[],
    fields?: Partial<NewOrder>,
    key?: KeyedRequest,
  ) => Promise<Json>;
  /** As staff unless told otherwise. @throws the refusal */
  readonly act: (id: string | number, act: OrderAct, actor?: Actor) => Promise<Json>;
  /** The same as staff, under a key. */
  readonly actByKey: (id: string | number, act: OrderAct, key: KeyedRequest) => Promise<Json>;
  /** Attempts at the card's provider whose outcome nobody has told, oldest first. */
  readonly openAttempts: () => Promise<Attempt[]>;
  /** The provider says of a payment how it stands. */
  readonly tell: (paymentId: string | number, ...reports: ProviderReport[]) => Promise<void>;
  /** As staff does on the payment itself, past its order; without an amount all there is. @throws the refusal */
  readonly refundPayment: (paymentId: string | number, amount?: string) => Promise<Json>;
  readonly capturePayment: (paymentId: string | number, amount?: string) => Promise<Json>;
  /** The provider says that an attempt succeeded or failed. */
  readonly settle: (attempt: Attempt, outcome: "succeeded" | "failed") => Promise<void>;
  readonly stateOf: (id: string | number) => Promise<string>;
  /** Units on hand and reserved. */
  readonly levels: (productId: number) => Promise<{ balance: bigint; held: bigint }>;
}

export interface TestOrdersOptions {
  readonly databaseUrl?: string;
  readonly screen?: Screen;
  readonly settings?: Partial<OrderServices["settings"]>;
  /** Of the standard class; 0.20 unless given. */
  readonly taxRate?: string;
}

export async function openTestOrders(options: TestOrdersOptions = {}): Promise<TestOrders> {
  const { databaseUrl, screen } = options;
  const test = await openTestDesk(databaseUrl === undefined ? {} : { databaseUrl });
  const { db, desk, assets } = test;
  const services = await openServices(test, options, screen);
  const listener = followPayments({ db, assets });
  const keeper: PaymentKeeper = { db, desk, assets, listener: () => listener };
  const tell = (paymentId: string | number, ...reports: ProviderReport[]) =>
    recordOutcome(keeper, {
      paymentId: Number(paymentId),
      answer: { reference: `charge ${paymentId}`, reports },
    });
  const asset = assets.byCode("USD");
  if (asset === undefined) throw new Error("no dollar");
  return {
    ...test,
    services,
    keeper,
    tell,
    addProduct: (quantity, fields) => addTestProduct(test, quantity, fields),
    addCoupon: (terms) => addTestCoupon(test, terms),
    usesOf: async (code) => (await getCoupon(db, code)).used,
    place: async (lines, fields = {}, key = undefined) => {
      const items = lines.map(([productId, quantity]) => ({ productId, quantity }));
      const customerId = fields.customerId === undefined ? ALICE.id : fields.customerId;
      const actor = customerId === null ? STAFF : customer(customerId);
      const addresses = { shippingAddress: null, billingAddress: null };
      const request = { items, customerId, asset, paymentMethod: "credit_card" as const, ...addresses };
      return test.carryOut(await buildPlacingCommand(services, { actor, key }, { ...request, ...fields }));
    },
    act: async (id, act, actor = STAFF) =>
      answerOf(await changeOrder(services, { actor }, { id: Number(id), act })),
    actByKey: async (id, act, key) =>
      answerOf(await changeOrder(services, { actor: STAFF, key }, { id: Number(id), act })),
    openAttempts: async () =>
      (await db<AttemptRow[]>`SELECT * FROM payments.attempts WHERE settled_at IS NULL ORDER BY id`).map(
        toAttempt,
      ),
    refundPayment: async (paymentId, amount) =>
      answerOf(await submitRefund(keeper, onPayment(paymentId), { amount, reason: "late" })),
    capturePayment: async (paymentId, amount) =>
      answerOf(await submitCapture(keeper, onPayment(paymentId), { amount })),
    settle: async (attempt, outcome) => tell(attempt.paymentId, ...(await reportsOf(test, attempt, outcome))),
    stateOf: async (id) => {
      const [row] = await db<{ state: number }[]>`SELECT state FROM orders.orders WHERE id = ${String(id)}`;
      return row === undefined ? "none" : stateOf(row.state);
    },
    levels: async (productId) => {
      const [first] = (await services.stockOf([productId])).get(productId) ?? [];
      return test.balanceOf(first?.accountId ?? 0);
    },
  };
}

/** For one file: nothing of the shop disagrees when its tests are done. */
export async function shareTestOrders(): Promise<TestOrders> {
  const shop = await openTestOrders();
  afterAll(async () => {
    expect(await findDifferences(shop.db)).toEqual([]);
    await shop.close();
  });
  return shop;
}

export interface TestPurchase {
  readonly id: string;
  readonly productId: number;
  readonly account: number;
}

/** Two units of 12.00 each of ten, set aside on a balance of 100.00. */
export async function buyTwo(shop: TestOrders): Promise<TestPurchase> {
  const productId = await shop.addProduct(10);
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
  const { id } = await shop.place([[productId, 2]], { paymentMethod: "balance", accountId: account });
  return { id, productId, account };
}

/** The same, shipped and paid. */
export async function sellTwo(shop: TestOrders): Promise<TestPurchase> {
  const bought = await buyTwo(shop);
  await shop.act(bought.id, shipOrder(shop.services, NO_TRACKING));
  return bought;
}

/** Two units by invoice, of so many. */
export async function invoiceTwo(
  shop: TestOrders,
  quantity = 10,
): Promise<Pick<TestPurchase, "id" | "productId">> {
  const productId = await shop.addProduct(quantity);
  const { id } = await shop.place([[productId, 2]], { paymentMethod: "invoice" });
  return { id, productId };
}

/** Orders do not take from it. Returns its id. */
export async function addPackingPlace({ db }: TestOrders): Promise<number> {
  const location = { code: "packing", name: "Packing", priority: 300, sells: false };
  return (await inTransaction(db, (tx) => addLocation(tx, location))).id;
}

/** Books goods in where the product's stock is kept. */
export async function receiveGoods(shop: TestOrders, productId: number, quantity: number): Promise<void> {
  const [account] = (await shop.services.stockOf([productId])).get(productId) ?? [];
  if (account === undefined) throw new Error("no stock is kept");
  const lines = [{ account, quantity }];
  await shop.carryOut(buildReceiptCommand({ actor: STAFF, assets: shop.assets }, { lines }));
}

const onPayment = (paymentId: string | number) => ({ paymentId: Number(paymentId), actor: STAFF });

async function openServices(
  { db, desk, assets, risk }: TestDesk,
  { settings, taxRate = "0.20" }: TestOrdersOptions,
  screen: Screen | undefined,
): Promise<OrderServices> {
  const taxRates = readTaxRates({ taxRate, taxClasses: { zero: "0", odd: "0.175" } });
  if (typeof taxRates === "string") throw new Error(taxRates);
  const encryptionKey = Buffer.alloc(32, 7).toString("base64");
  return {
    db,
    desk,
    assets,
    taxRates,
    vault: await openVault(db, { encryptionKey, previousKey: undefined, dataDir: "/nowhere" }),
    stockOf: createStockDirectory(db).stockOf,
    moneyGuard: createMoneyGuard(risk, new Map()),
    cardProvider: "sandbox",
    screen,
    settings: {
      defaultCurrency: "USD",
      unpaidSeconds: 3_600,
      invoiceSeconds: 3_600,
      reviewSeconds: 3_600,
      graceSeconds: 0,
      timeZone: "UTC",
      returnsCoupons: true,
      cartExpiryDays: 30,
      ...settings,
    },
  };
}

let couponCount = 0;

async function addTestCoupon({ db }: TestDesk, terms: Partial<CouponTerms> = {}): Promise<string> {
  const code = `COUPON-${++couponCount}`;
  const percent = terms.amountMinor === undefined ? 100_000 : null;
  const coupon = { code, terms: { ...NO_TERMS, percent, ...terms } };
  await inTransaction(db, (tx) => addCoupon(tx, coupon));
  return code;
}

async function addTestProduct(
  { db, assets }: TestDesk,
  quantity: number,
  fields: Partial<NewProduct> = {},
): Promise<number> {
  const product = newProduct({ initialQuantity: quantity, ...fields });
  return (await inTransaction(db, (tx) => addProduct(tx, addContext(assets), product))).id;
}

/** What a provider reports of an attempt that ended so. */
async function reportsOf(
  { db }: TestDesk,
  { id, act, amountMinor, paymentId, keepsRest }: Attempt,
  outcome: "succeeded" | "failed",
): Promise<ProviderReport[]> {
  if (act === "refund")
    return [{ type: "refund", reference: `refund ${id}`, attemptId: id, amountMinor, state: outcome }];
  if (outcome === "failed") {
    const type =
      act === "authorize" ? "authorization_failed" : act === "capture" ? "capture_failed" : "void_failed";
    return [{ type, code: "declined", message: "declined" }];
  }
  if (act === "void") return [{ type: "voided" }];
  const { capturedMinor, captureMode } = await getPayment(db, paymentId);
  const captured = { type: "captured", isFinal: !keepsRest } as const;
  if (act === "capture") return [{ ...captured, totalMinor: capturedMinor + amountMinor }];
  const authorized = { type: "authorized", totalMinor: amountMinor } as const;
  return captureMode === "manual" ? [authorized] : [authorized, { ...captured, totalMinor: amountMinor }];
}
