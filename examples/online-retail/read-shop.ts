// Reads a shop's export, line by line, into what a shop system books: products with the stock that the month takes,
// customers, orders, credit notes and adjustments of stock.
import { InputError } from "./input-error.ts";
import { readMillionths, toPennies } from "./pennies.ts";
import { isCreditNote, type Line, readInvoiceNumber, readLines, readQuantity } from "./read-lines.ts";

export interface DocumentLine {
  /** The product's code in upper case; undefined: a service, such as postage, that has no stock. */
  readonly sku: string | undefined;
  readonly name: string;
  /** Units, above zero in a credit note too. */
  readonly quantity: number;
  /** Unit price. */
  readonly pennies: bigint;
}

/** An order or a credit note. */
export interface ShopDocument {
  readonly number: string;
  /** The customer's number; "" where the file has none. */
  readonly customer: string;
  /** As the file has it: local time without an offset. */
  readonly issuedAt: string;
  readonly country: string;
  readonly lines: DocumentLine[];
}

export interface Adjustment {
  readonly number: string;
  readonly items: { readonly sku: string; readonly quantity: number; readonly note: string }[];
}

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly pennies: bigint;
  /** Units that orders and adjustments take. */
  readonly taken: number;
}

export interface Shop {
  readonly orders: readonly ShopDocument[];
  readonly creditNotes: readonly ShopDocument[];
  readonly adjustments: readonly Adjustment[];
  readonly products: readonly Product[];
  /** Their numbers. */
  readonly customers: readonly string[];
  readonly lines: number;
  /** Prices with parts of a penny, which no currency of two decimals can carry: rounded half to even. */
  readonly roundedPrices: number;
}

interface Reading {
  readonly orders: Map<string, ShopDocument>;
  readonly creditNotes: Map<string, ShopDocument>;
  readonly adjustments: Map<string, Adjustment>;
  readonly products: Map<string, { name: string; pennies: bigint; taken: number }>;
  roundedPrices: number;
}

const GOODS = /^(\d{5}|DCGS)/; // all other codes are services: POST, DOT, M, D, BANK CHARGES, AMAZONFEE, ...

/** @throws InputError naming the file, the line and what is wrong with it */
export async function readShop(path: string): Promise<Shop> {
  const reading: Reading = {
    orders: new Map(),
    creditNotes: new Map(),
    adjustments: new Map(),
    products: new Map(),
    roundedPrices: 0,
  };
  const lines = await readLines(path, (line) => addLine(reading, line));
  const documents = [...reading.orders.values(), ...reading.creditNotes.values()];
  const customers = new Set(documents.map(({ customer }) => customer));
  customers.delete("");
  return {
    orders: [...reading.orders.values()],
    creditNotes: [...reading.creditNotes.values()],
    adjustments: [...reading.adjustments.values()],
    products: [...reading.products].map(([sku, product]) => ({ sku, ...product })),
    customers: [...customers],
    lines,
    roundedPrices: reading.roundedPrices,
  };
}

function addLine(reading: Reading, line: Line): void {
  const number = readInvoiceNumber(line.InvoiceNo);
  const quantity = Number(readQuantity(line.Quantity));
  const price = toPennies(readMillionths(line.UnitPrice));
  const code = line.StockCode.toUpperCase();
  const sku = GOODS.test(code) ? code : undefined;
  const isCredit = isCreditNote(number);
  if (isCredit || (quantity > 0 && readMillionths(line.UnitPrice) > 0n)) {
    if (!price.exact) reading.roundedPrices += 1;
    const size = isCredit ? -quantity : quantity;
    if (size <= 0 || price.pennies < 0n) throw new InputError(`invoice ${number} gives what it should take`);
    const list = isCredit ? reading.creditNotes : reading.orders;
    openDocument(list, number, line).lines.push({
      sku,
      name: line.Description.trim() || code,
      quantity: size,
      pennies: price.pennies,
    });
  } else if (sku !== undefined && quantity !== 0) {
    const adjustment = reading.adjustments.get(number) ?? { number, items: [] };
    adjustment.items.push({ sku, quantity, note: line.Description.trim() });
    reading.adjustments.set(number, adjustment);
  }
  if (sku !== undefined) addProduct(reading, sku, { line, quantity, pennies: price.pennies });
}

function openDocument(list: Map<string, ShopDocument>, number: string, line: Line): ShopDocument {
  const { CustomerID: customer, InvoiceDate: issuedAt, Country: country } = line;
  const document = list.get(number) ?? { number, customer, issuedAt, country, lines: [] };
  if (document.customer !== customer) throw new InputError(`invoice ${number} names two customers`);
  list.set(number, document);
  return document;
}

/** Named and priced as the file first does so. */
function addProduct(
  { products }: Reading,
  sku: string,
  { line, quantity, pennies }: { line: Line; quantity: number; pennies: bigint },
): void {
  const known = products.get(sku) ?? { name: "", pennies: 0n, taken: 0 };
  const isSale = !isCreditNote(line.InvoiceNo) && quantity > 0 && readMillionths(line.UnitPrice) > 0n;
  const isLoss = !isCreditNote(line.InvoiceNo) && quantity < 0;
  products.set(sku, {
    name: known.name || line.Description.trim(),
    pennies: known.pennies || (isSale ? pennies : 0n),
    taken: known.taken + (isSale || isLoss ? Math.abs(quantity) : 0),
  });
}

/** Of an order or a credit note. */
export function totalOf({ lines }: ShopDocument): bigint {
  return lines.reduce((sum, { quantity, pennies }) => sum + BigInt(quantity) * pennies, 0n);
}
