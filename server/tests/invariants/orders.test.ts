// Random histories of orders: whatever customers, staff, the clock and the card's provider do in whatever order, after each step orders,
// stock, payments and ledger agree; and once everything under way is told, nothing of an order that ended unsold is left.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unitAccounts, verifyStock } from "../../src/modules/inventory/index.ts";
import { addLocation } from "../../src/modules/inventory/stock/location.ts";
import { verifyBook } from "../../src/modules/ledger/index.ts";
import { advanceOrder, reviewOrder } from "../../src/modules/orders/changing/advance-order.ts";
import { cancelOrder } from "../../src/modules/orders/changing/cancel-order.ts";
import { cancelUnits } from "../../src/modules/orders/changing/cancel-units.ts";
import type { OrderAct } from "../../src/modules/orders/changing/change-order.ts";
import { editOrder } from "../../src/modules/orders/changing/edit-order.ts";
import { payOrder } from "../../src/modules/orders/changing/pay-order.ts";
import { refundOrder } from "../../src/modules/orders/credit-notes/credit-order.ts";
import { returnItems } from "../../src/modules/orders/credit-notes/return-items.ts";
import { deliverOrder } from "../../src/modules/orders/fulfilment/deliver-order.ts";
import { reserveShort } from "../../src/modules/orders/fulfilment/reserve-short.ts";
import { moveUnits, writeOffUnits } from "../../src/modules/orders/fulfilment/reserved-goods.ts";
import { shipOrder } from "../../src/modules/orders/fulfilment/ship-order.ts";
import {
  expireOrders,
  queueOrders,
  type ScreenVerdict,
  verifyOrders,
} from "../../src/modules/orders/index.ts";
import { verifyPayments } from "../../src/modules/payments/index.ts";
import { verifyCoupons } from "../../src/modules/promotions/index.ts";
import { inTransaction } from "../../src/runtime/transaction.ts";
import { AppError } from "../../src/values/app-error.ts";
import { STAFF } from "../desk.ts";
import { ALICE, NO_TRACKING, openTestOrders, type TestOrders } from "../orders.ts";
import {
  captureAuthorized,
  capturePart,
  decideDisputes,
  dispute,
  refundPayment,
  sendBack,
  tellCard,
  tellRefund,
} from "./card-reports.ts";

let verdict: ScreenVerdict = "accept";
let shop: TestOrders;
let account: number;
/** A location that orders do not take from. */
let elsewhere: number;
/** Ten units each; the second's price has a tax that rounds. */
let products: number[];
/** May be used twice at a time: a third order waits until one of them has ended unpaid. */
let couponCode: string;
beforeAll(async () => {
  const judge = () => ({ verdict, score: 0, reasons: [], keep: () => undefined });
  shop = await openTestOrders({ screen: { prepare: async () => ({ needs: [], judge }) } });
  account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 1_000_000n });
  const location = { code: "elsewhere", name: "Elsewhere", priority: 1, sells: false };
  elsewhere = (await inTransaction(shop.db, (tx) => addLocation(tx, location))).id;
});
afterAll(() => shop.close());

type Method = "credit_card" | "balance" | "invoice";
interface Line {
  readonly product: number;
  readonly quantity: number;
}
type Act =
  | {
      readonly act: "place";
      readonly lines: readonly Line[];
      readonly method: Method;
      readonly verdict: ScreenVerdict;
      readonly withCoupon: boolean;
    }
  | { readonly act: "edit"; readonly order: number; readonly lines: readonly Line[] }
  | { readonly act: "pay"; readonly order: number; readonly method: Method }
  | { readonly act: "cancel"; readonly order: number; readonly byCustomer: boolean }
  | { readonly act: "cancelUnits"; readonly order: number; readonly line: number; readonly quantity: number }
  | { readonly act: "writeOff"; readonly order: number; readonly line: number; readonly quantity: number }
  | { readonly act: "move"; readonly order: number; readonly line: number; readonly quantity: number }
  | { readonly act: "reserve"; readonly order: number }
  | { readonly act: "review"; readonly order: number; readonly isAccepted: boolean }
  | { readonly act: "step"; readonly order: number; readonly to: "CONFIRMED" | "PROCESSING" | "COMPLETED" }
  | { readonly act: "ship"; readonly order: number; readonly line: number; readonly quantity: number }
  | { readonly act: "shipAll"; readonly order: number }
  | { readonly act: "deliver"; readonly order: number }
  | {
      readonly act: "return";
      readonly order: number;
      readonly line: number;
      readonly quantity: number;
      readonly restock: boolean;
      readonly refund: boolean;
    }
  | { readonly act: "refund"; readonly order: number; readonly cents: number }
  | { readonly act: "expire"; readonly order: number }
  | { readonly act: "queue" }
  | { readonly act: "settle"; readonly attempt: number; readonly outcome: "succeeded" | "failed" }
  | {
      readonly act: "tell";
      readonly order: number;
      readonly payment: number;
      readonly what: "authorized" | "captured";
    }
  | { readonly act: "dispute"; readonly order: number; readonly state: "open" | "won" | "lost" }
  | { readonly act: "refundPayment"; readonly order: number; readonly cents: number }
  | {
      readonly act: "tellRefund";
      readonly order: number;
      readonly cents: number;
      readonly state: "pending" | "succeeded" | "failed";
    }
  | { readonly act: "sendBack"; readonly order: number }
  | { readonly act: "capturePart"; readonly order: number; readonly cents: number };

/** Few orders with much happening to each. */
const order = fc.nat(1);
const lines = fc.array(fc.record({ product: fc.nat(1), quantity: fc.integer({ min: 1, max: 4 }) }), {
  minLength: 1,
  maxLength: 3,
});
const method = fc.constantFrom<Method>("credit_card", "credit_card", "balance", "invoice");
const line = fc.integer({ min: 1, max: 2 });
const quantity = fc.integer({ min: 1, max: 3 });
const placing = fc.record({
  act: fc.constant("place"),
  lines,
  method,
  verdict: fc.constantFrom<ScreenVerdict>("accept", "accept", "accept", "review"),
  withCoupon: fc.boolean(),
});
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: placing },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("settle"),
      attempt: fc.nat(5),
      outcome: fc.constantFrom("succeeded", "succeeded", "succeeded", "failed"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("shipAll"), order }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("ship"), order, line, quantity }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("cancel"), order, byCustomer: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("cancelUnits"), order, line, quantity }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("writeOff"), order, line, quantity }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("move"), order, line, quantity }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("reserve"), order }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("pay"), order, method }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant("refund"), order, cents: fc.integer({ min: 1, max: 3_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("return"),
      order,
      line,
      quantity,
      restock: fc.boolean(),
      refund: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("edit"), order, lines }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("expire"), order }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("review"), order, isAccepted: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("step"),
      order,
      to: fc.constantFrom("CONFIRMED", "PROCESSING", "COMPLETED"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("tell"),
      order,
      payment: fc.nat(2),
      what: fc.constantFrom("authorized", "captured"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("dispute"),
      order,
      state: fc.constantFrom("open", "won", "lost"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("deliver"), order }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("refundPayment"),
      order,
      cents: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("tellRefund"),
      order,
      cents: fc.integer({ min: 1, max: 3_000 }),
      state: fc.constantFrom("pending", "succeeded", "failed"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("sendBack"), order }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("capturePart"),
      order,
      cents: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("queue") }) },
) as fc.Arbitrary<Act>;

const items = (of: readonly Line[]) =>
  of.map(({ product, quantity: count }) => ({ productId: products[product] ?? 0, quantity: count }));

function toOrderAct(act: Act): OrderAct | undefined {
  const { services } = shop;
  switch (act.act) {
    case "edit":
      return editOrder(services, { actor: STAFF }, { items: items(act.lines) });
    case "pay":
      return payOrder(services, { actor: STAFF }, { paymentMethod: act.method, accountId: account });
    case "cancel":
      return cancelOrder({});
    case "cancelUnits":
      return cancelUnits({ items: [{ lineNo: act.line, quantity: act.quantity }] });
    case "writeOff":
      return writeOffUnits(services, {
        items: [{ lineNo: act.line, quantity: act.quantity, reason: "damaged" }],
      });
    case "move":
      return moveUnits(services, {
        items: [{ lineNo: act.line, quantity: act.quantity, to: { id: elsewhere, field: "to" } }],
      });
    case "reserve":
      return reserveShort(services);
    case "review":
      return reviewOrder({ isAccepted: act.isAccepted });
    case "step":
      return advanceOrder({ to: act.to });
    case "ship":
      return shipOrder(shop.services, {
        ...NO_TRACKING,
        items: [{ lineNo: act.line, quantity: act.quantity }],
      });
    case "shipAll":
      return shipOrder(shop.services, NO_TRACKING);
    case "deliver":
      return deliverOrder({});
    case "return":
      return returnItems(services, {
        items: [{ lineNo: act.line, quantity: act.quantity, restock: act.restock }],
        refund: act.refund,
        reason: "returned",
      });
    case "refund":
      return refundOrder({ amountMinor: BigInt(act.cents), reason: "refunded" });
    default:
      return undefined;
  }
}

async function carryOut(placed: string[], act: Act): Promise<void> {
  if (act.act === "place") return place(placed, act);
  if (act.act === "queue") return void (await queueOrders(shop.services));
  if (act.act === "settle") return settle(act.attempt, act.outcome);
  const id = placed[act.order % Math.max(1, placed.length)];
  if (id === undefined) return;
  if (act.act === "expire") return expire([id]);
  if (act.act === "tell" && act.what === "captured") toldCaptured.add(id);
  if (act.act === "tell") return tellCard(shop, id, act);
  if (act.act === "dispute") return dispute(shop, id, act.state);
  if (act.act === "refundPayment") return refundPayment(shop, id, act.cents);
  if (act.act === "tellRefund") return tellRefund(shop, id, act);
  if (act.act === "sendBack") return sendBack(shop, id);
  if (act.act === "capturePart") return capturePart(shop, id, act.cents);
  const orderAct = toOrderAct(act);
  const actor = act.act === "cancel" && act.byCustomer ? ALICE : STAFF;
  if (orderAct !== undefined) await shop.act(id, orderAct, actor);
}

async function place(placed: string[], act: Extract<Act, { act: "place" }>): Promise<void> {
  verdict = act.verdict;
  const byBalance = act.method === "balance" ? { accountId: account } : {};
  const fields = { paymentMethod: act.method, ...byBalance, ...(act.withCoupon ? { couponCode } : {}) };
  const wanted = items(act.lines).map(({ productId, quantity: count }) => [productId, count] as const);
  placed.push((await shop.place(wanted, fields)).id);
}

async function settle(index: number, outcome: "succeeded" | "failed"): Promise<void> {
  const open = await shop.openAttempts();
  const attempt = open[index % Math.max(1, open.length)];
  if (attempt !== undefined) await shop.settle(attempt, outcome);
}

async function expire(ids: readonly string[]): Promise<void> {
  await shop.db`UPDATE orders.orders SET expires_at = 1 WHERE id = ANY(${ids as string[]}::bigint[]) AND expires_at IS NOT NULL`;
  await expireOrders(shop.services);
}

/** A refusal is an answer, and being told to come again where others change the same; a bug is not. */
async function attempt(placed: string[], act: Act): Promise<string> {
  try {
    await carryOut(placed, act);
    return "done";
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw new Error(`${JSON.stringify(act)}: ${String(error)}`, { cause: error });
  }
}

/** Orders of which the provider told that all was captured, as their card was first asked for. */
const toldCaptured = new Set<string>();

/** Units may have been cancelled before their card is charged over all of them: that is owed back, and told as just that (F6-6). */
const isOwedBack = ({ what }: { what: string }) =>
  toldCaptured.has(/^order (\d+) .* are due: .* are owed back$/.exec(what)?.[1] ?? "");

async function expectAgreement(): Promise<void> {
  expect((await verifyOrders(shop.db)).differences.filter((each) => !isOwedBack(each))).toEqual([]);
  expect(await verifyCoupons(shop.db)).toEqual([]);
}

/** Whatever is under way succeeds, and what waits for money expires: then all is at rest. */
async function comeToRest(placed: readonly string[]): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const open = await shop.openAttempts();
    for (const each of open) await shop.settle(each, "succeeded");
    await captureAuthorized(shop, placed);
    await decideDisputes(shop, placed, round % 2 === 0 ? "won" : "lost");
    if (open.length === 0 && round > 0) break;
    await expire(placed);
  }
  expect(await shop.openAttempts()).toEqual([]);
}

async function expectRest(placed: readonly string[]): Promise<void> {
  const unsold = await shop.db<{ id: bigint }[]>`
    SELECT o.id FROM orders.orders o JOIN payments.payments p ON p.order_id = o.id
    WHERE o.id = ANY(${placed as string[]}::bigint[]) AND o.state IN (6, 7, 8)
      AND (p.captured - p.refunded - p.charged_back - p.disputed > 0 OR p.authorized > p.voided + p.captured)`;
  expect(unsold).toEqual([]);
  const waiting = await shop.db`
    SELECT id FROM orders.orders WHERE id = ANY(${placed as string[]}::bigint[]) AND (cancel_reason IS NOT NULL OR state = 1)`;
  expect(waiting).toEqual([]);
  for (const productId of products) {
    const [row] = await shop.db<{ gone: number; held: number }[]>`
      SELECT (SELECT coalesce(sum(shipped), 0)::int FROM orders.lines WHERE product_id = ${productId})
           - (SELECT coalesce(sum(quantity), 0)::int FROM orders.credit_note_lines WHERE product_id = ${productId} AND stock_journal_id IS NOT NULL)
           + (SELECT coalesce(sum(amount), 0)::int FROM ledger.transfers t JOIN inventory.stock s ON s.account_id = t.debit_account_id
              WHERE s.product_id = ${productId} AND t.credit_account_id = ${unitAccounts(shop.assets).world}) AS gone,
        (SELECT coalesce(sum(l.quantity - l.shipped - l.cancelled - l.short), 0)::int FROM orders.lines l JOIN orders.orders o ON o.id = l.order_id
         WHERE product_id = ${productId} AND state BETWEEN 1 AND 4 AND shipping_stop = 0) AS held`;
    const [levels] = await shop.db<{ balance: number; held: number }[]>`
      SELECT sum(credits_posted - debits_posted)::int AS balance, sum(debits_pending)::int AS held
      FROM inventory.stock s JOIN ledger.accounts a ON a.id = s.account_id WHERE s.product_id = ${productId}`;
    expect(levels).toEqual({ balance: 10 - (row?.gone ?? 0), held: row?.held });
  }
}

/** Acts of a step are carried out at once: they meet in one batch, or each other's locks. */
const steps = fc.array(fc.array(acts, { minLength: 1, maxLength: 3 }), { minLength: 5, maxLength: 14 });
const histories = fc.tuple(placing as fc.Arbitrary<Act>, steps).map(([first, rest]) => [[first], ...rest]);
const RUNS = Number(process.env["ORDERS_PROPERTY_RUNS"] ?? 15);

it("orders, stock, payments and ledger agree after every step of a random history", {
  timeout: 900_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      products = [
        await shop.addProduct(10),
        await shop.addProduct(10, { priceMinor: 333n, taxClass: "odd" }),
      ];
      couponCode = await shop.addCoupon({ percent: 123_456, usageLimit: 2 });
      const placed: string[] = [];
      for (const step of history) {
        await Promise.all(step.map((act) => attempt(placed, act)));
        await expectAgreement();
      }
      await comeToRest(placed);
      await expectAgreement();
      await expectRest(placed);
      expect((await verifyPayments(shop.db)).differences).toEqual([]);
    }),
    // One shop for all: what a history has left wrong stays, and would fail every shorter one.
    { numRuns: RUNS, endOnFailure: true },
  );
  expect((await verifyBook(shop.db, { full: true, readOnly: true })).differences).toEqual([]);
  expect(await verifyStock(shop.db)).toEqual([]);
});
