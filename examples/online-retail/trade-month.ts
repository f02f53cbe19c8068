// Trades the month: every sale an order at its own unit prices, paid from the customer's account and shipped; every credit
// note and every adjustment of stock booked. Each once, however often this runs: by its Idempotency-Key, and, because the
// server forgets keys after some days, by a look for its reference first.
import type { Api } from "./api.ts";
import { InputError } from "./input-error.ts";
import type { OpenShop } from "./open-shop.ts";
import { writePennies } from "./pennies.ts";
import type { Adjustment, DocumentLine, Shop, ShopDocument } from "./read-shop.ts";
import { type Progress, runMany } from "./run-many.ts";

export interface TradingOptions {
  readonly api: Api;
  readonly open: OpenShop;
  readonly progressOf: (what: string) => Progress;
}

interface Order {
  readonly id: string;
  readonly fulfilment: string;
}

const TAX = { price_includes_tax: true, tax_class: "zero" }; // the file's amounts are what was paid, all told

export async function tradeMonth(shop: Shop, options: TradingOptions): Promise<void> {
  const { progressOf } = options;
  await runMany(shop.orders, (order) => sell(options, order), progressOf("orders"));
  await runMany(shop.creditNotes, (note) => credit(options, note), progressOf("credit notes"));
  await runMany(shop.adjustments, (item) => adjust(options, item), progressOf("adjustments"));
}

async function sell({ api, open }: TradingOptions, document: ShopDocument): Promise<void> {
  const { number, issuedAt, country } = document;
  const [found] = await api.list<Order>("/orders", { reference: number });
  const { userId, accountId } = buyerOf(open, document);
  const order =
    found ??
    (await api.post<Order>("/orders", `online-retail-order-${number}`, {
      items: document.lines.map((line) => ({ ...describeLine(open, line), ...TAX })),
      customer_id: userId,
      payment_method: "balance",
      account_id: accountId,
      currency: "GBP",
      reference: number,
      metadata: { issued_at: issuedAt, country },
    }));
  if (order.fulfilment === "unfulfilled")
    await api.post(`/orders/${order.id}/ship`, `online-retail-shipment-${number}`, {});
}

async function credit({ api, open }: TradingOptions, document: ShopDocument): Promise<void> {
  const { number } = document;
  if ((await api.list("/credit-notes", { reference: number })).length > 0) return;
  const { userId, accountId } = buyerOf(open, document);
  await api.post("/credit-notes", `online-retail-credit-${number}`, {
    items: document.lines.map((line) => ({ ...describeLine(open, line), ...TAX })),
    customer_id: userId,
    account_id: accountId,
    currency: "GBP",
    reason: "credited by the shop",
    reference: number,
  });
}

async function adjust({ api, open }: TradingOptions, { number, items }: Adjustment): Promise<void> {
  const [first] = items;
  const movements = await api.list<{ reference: string | null }>(
    `/stock/${first === undefined ? 0 : productOf(open, first.sku)}/movements`,
    { limit: "1000" },
  );
  if (movements.some(({ reference }) => reference === number)) return;
  const note = items.find((item) => item.note !== "")?.note;
  await api.post("/stock/adjustments", `online-retail-adjustment-${number}`, {
    items: items.map(({ sku, quantity }) => ({
      product_id: productOf(open, sku),
      quantity,
      reason: quantity > 0 ? "found" : "lost",
    })),
    reference: number,
    ...(note === undefined ? {} : { note }),
  });
}

function describeLine(open: OpenShop, { sku, name, quantity, pennies }: DocumentLine) {
  const what = sku === undefined ? {} : { product_id: productOf(open, sku) };
  return { ...what, description: name, quantity, unit_price: writePennies(pennies) };
}

function productOf({ idOfProduct }: OpenShop, sku: string): number {
  const id = idOfProduct.get(sku);
  if (id === undefined) throw new InputError(`product ${sku} was not opened`);
  return id;
}

function buyerOf({ buyers }: OpenShop, { customer, number }: ShopDocument) {
  const buyer = buyers.get(customer);
  if (buyer === undefined) throw new InputError(`the customer of invoice ${number} was not opened`);
  return buyer;
}
