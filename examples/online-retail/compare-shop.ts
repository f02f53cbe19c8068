// Reads the month back through the API, document by document and product by product, and holds it against the file.
import type { Api } from "./api.ts";
import type { OpenShop } from "./open-shop.ts";
import { readPennies, showPennies } from "./pennies.ts";
import { type Shop, type ShopDocument, totalOf } from "./read-shop.ts";
import { type Progress, runMany } from "./run-many.ts";

/** Of the orders, the credit notes or the adjustments, as one side has them. */
export interface Figures {
  readonly documents: number;
  readonly lines: number;
  readonly units: number;
  readonly pennies: bigint;
}

/** What the file says beside what the shop says. */
export interface Comparison {
  readonly rows: readonly { readonly name: string; readonly file: Figures; readonly shop: Figures }[];
  /** The first document or product that differs, in words. */
  readonly difference: string | undefined;
}

interface Booked {
  readonly id: string;
  readonly reference: string | null;
  readonly status?: string;
  readonly fulfilment?: string;
  readonly payment_status?: string;
  readonly total: string;
  readonly items: readonly { readonly quantity: number; readonly shipped?: number }[];
}

interface Movement {
  readonly type: string;
  readonly quantity: number;
  readonly reference: string | null;
}

export interface ReadingOptions {
  readonly api: Api;
  readonly open: OpenShop;
  readonly progressOf: (what: string) => Progress;
}

const NOTHING: Figures = { documents: 0, lines: 0, units: 0, pennies: 0n };

export async function compareShop(shop: Shop, options: ReadingOptions): Promise<Comparison> {
  const orders = await readOrders(shop, options);
  const credits = await readCreditNotes(shop, options);
  const movements = await readMovements(shop, options);
  const adjusted = movements.flatMap(({ found }) => found.filter(({ type }) => type === "adjustment"));
  const fileAdjusted = shop.adjustments.flatMap(({ items }) => items);
  return {
    rows: [
      { name: "sales", file: sumFile(shop.orders), shop: sumBooked(orders) },
      { name: "credit notes", file: negate(sumFile(shop.creditNotes)), shop: negate(sumBooked(credits)) },
      { name: "adjustments", file: sumUnits(fileAdjusted), shop: sumUnits(adjusted) },
    ],
    difference:
      findDocumentDifference(shop.orders, orders) ??
      findDocumentDifference(shop.creditNotes, credits) ??
      orders.map(describeUnfinished).find((words) => words !== undefined) ??
      movements.map(findStockDifference).find((words) => words !== undefined),
  };
}

async function readOrders(shop: Shop, { api, progressOf }: ReadingOptions): Promise<Booked[]> {
  const read = async ({ number }: ShopDocument) => {
    const found = await api.list<{ id: string }>("/orders", { reference: number });
    return Promise.all(found.map(({ id }) => api.get<Booked>(`/orders/${id}`)));
  };
  return (await runMany(shop.orders, read, progressOf("orders read"))).flat();
}

async function readCreditNotes(shop: Shop, { api, progressOf }: ReadingOptions): Promise<Booked[]> {
  const read = ({ number }: ShopDocument) => api.list<Booked>("/credit-notes", { reference: number });
  return (await runMany(shop.creditNotes, read, progressOf("credits read"))).flat();
}

/** What came and went of every product, beside what the file says should be left of it. */
async function readMovements(shop: Shop, { api, open, progressOf }: ReadingOptions) {
  const numbers = new Set(
    [...shop.orders, ...shop.creditNotes, ...shop.adjustments].map(({ number }) => number),
  );
  const expected = expectLeft(shop);
  const read = async ({ sku }: { sku: string }) => {
    const id = open.idOfProduct.get(sku);
    const all = await api.list<Movement>(`/stock/${id}/movements`, { limit: "1000" });
    const { on_hand } = await api.get<{ on_hand: number }>(`/stock/${id}`);
    const found = all.filter(({ type, reference }) => type !== "adjustment" || numbers.has(reference ?? ""));
    return { sku, found, onHand: on_hand, moved: sumOf(all), expected: expected.get(sku) ?? 0 };
  };
  return runMany(shop.products, read, progressOf("stock read"));
}

/** Units left of each product by the file alone: what was delivered for the month, less sales, with returns and adjustments. */
function expectLeft(shop: Shop): ReadonlyMap<string, number> {
  const left = new Map(shop.products.map(({ sku, taken }) => [sku, taken]));
  const add = (sku: string | undefined, units: number) => {
    if (sku !== undefined) left.set(sku, (left.get(sku) ?? 0) + units);
  };
  for (const { lines } of shop.orders) for (const line of lines) add(line.sku, -line.quantity);
  for (const { lines } of shop.creditNotes) for (const line of lines) add(line.sku, line.quantity);
  for (const { items } of shop.adjustments) for (const item of items) add(item.sku, item.quantity);
  return left;
}

/** On hand is what all movements come to; and where this month alone was replayed, what the file leaves. */
function findStockDifference(stock: {
  sku: string;
  found: readonly Movement[];
  onHand: number;
  moved: number;
  expected: number;
}): string | undefined {
  const { sku, found, onHand, moved, expected } = stock;
  if (moved !== onHand) return `of ${sku} ${onHand} are on hand and its movements come to ${moved}`;
  const deliveries = new Set(
    found.filter(({ type }) => type === "receipt").map(({ reference }) => reference),
  );
  if (deliveries.size > 1 || onHand === expected) return undefined;
  return `of ${sku} ${expected} are left by the file and ${onHand} by the shop`;
}

function findDocumentDifference(
  documents: readonly ShopDocument[],
  booked: readonly Booked[],
): string | undefined {
  const byNumber = Map.groupBy(booked, ({ reference }) => reference);
  for (const document of documents) {
    const found = byNumber.get(document.number) ?? [];
    const totals = found.map(({ total }) => showPennies(readPennies(total)));
    const total = showPennies(totalOf(document));
    if (totals.length === 1 && totals[0] === total && found[0]?.items.length === document.lines.length)
      continue;
    const there = totals.length === 0 ? "not there" : totals.join(" and ");
    return `invoice ${document.number} is ${total} in ${document.lines.length} lines in the file and ${there} in the shop`;
  }
  return undefined;
}

function describeUnfinished(order: Booked): string | undefined {
  const { reference, status, fulfilment, payment_status } = order;
  const isPaid = payment_status === "captured" || payment_status === "not_needed"; // where it came to 0.00
  if (status === "COMPLETED" && fulfilment === "shipped" && isPaid) return undefined;
  return `order ${reference} is ${status}, ${fulfilment} and ${payment_status}`;
}

function sumFile(documents: readonly ShopDocument[]): Figures {
  return {
    documents: documents.length,
    lines: documents.reduce((sum, { lines }) => sum + lines.length, 0),
    units: sumOf(documents.flatMap(({ lines }) => lines)),
    pennies: documents.reduce((sum, document) => sum + totalOf(document), 0n),
  };
}

function sumBooked(booked: readonly Booked[]): Figures {
  return {
    documents: booked.length,
    lines: booked.reduce((sum, { items }) => sum + items.length, 0),
    units: sumOf(booked.flatMap(({ items }) => items)),
    pennies: booked.reduce((sum, { total }) => sum + readPennies(total), 0n),
  };
}

function sumUnits(lines: readonly { readonly quantity: number }[]): Figures {
  return { ...NOTHING, lines: lines.length, units: sumOf(lines) };
}

function sumOf(lines: readonly { readonly quantity: number }[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

function negate({ units, pennies, ...rest }: Figures): Figures {
  return { ...rest, units: -units, pennies: -pennies };
}
