// Tells what an order would cost now, with the functions that price real orders. Writes, holds and locks nothing:
// a later order may find other prices or less stock, and refusals by the account or the fraud check are only found then.
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { AppError } from "../../../values/app-error.ts";
import { findProductsForSale } from "../../catalog/index.ts";
import { findShortage } from "../../inventory/index.ts";
import { ASSET_STATES, type Asset, refuseInactive } from "../../ledger/index.ts";
import { checkCoupon } from "../../promotions/index.ts";
import type { OrderPreviewDocument } from "../answer-schemas.ts";
import { partyOf } from "../changing/states.ts";
import { amountWriter, describePricedLine } from "../describe-order.ts";
import type { OrderLine } from "../order.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { claimOf, discountLines, discountOfLines, type PricedLines, worthOf } from "./apply-coupon.ts";
import { settleCustomer } from "./find-customer.ts";
import { findProvider } from "./open-order-payment.ts";
import { askElsewhere, type NewOrder, nameLine } from "./place-orders.ts";
import { priceLines } from "./price-lines.ts";

/** @throws AppError what placing would refuse for customer, currency, prices, coupon, stock or payment, naming the field */
export async function previewOrder(
  services: OrderServices,
  caller: Pick<OrderCaller, "actor">,
  wanted: NewOrder,
): Promise<OrderPreviewDocument> {
  const { refused, ...request } = await settleCustomer(services, wanted);
  if (refused !== undefined) throw refused;
  if (!(await isActive(services, request.asset))) throw refuseInactive(request.asset.code);
  const priced = unlessRefused(await price(services, caller, request));
  unlessRefused(await findStockRefusal(services, request, priced.lines));
  if (priced.totals.gross > 0n) unlessRefused(findProvider(services, request));
  return describePreview(services, request, priced);
}

async function isActive({ db }: OrderServices, { id }: Asset): Promise<boolean> {
  return (await inReadTransaction(db, (tx) => ASSET_STATES.read(tx, [id]))).get(id) === true;
}

async function price(
  { db, taxRates }: OrderServices,
  { actor }: Pick<OrderCaller, "actor">,
  request: NewOrder,
): Promise<PricedLines | AppError> {
  const productIds = [...new Set(request.items.flatMap(({ productId }) => productId ?? []))];
  const listed = priceLines(request.items, {
    products: await findProductsForSale(db, productIds),
    taxRates,
    currency: request.asset.code,
    mayBuyDrafts: partyOf(actor) !== "customer",
  });
  const claim = claimOf(request);
  if (listed instanceof AppError || claim === undefined) return listed;
  const discount = await checkCoupon(db, claim, worthOf(listed.lines, request.asset));
  return discount instanceof AppError ? discount : discountLines(listed.lines, discount);
}

async function findStockRefusal(
  { db, checkStock }: OrderServices,
  { items }: NewOrder,
  lines: readonly OrderLine[],
): Promise<AppError | undefined> {
  const refusedElsewhere = checkStock && (await askElsewhere(checkStock, items));
  if (refusedElsewhere !== undefined) return refusedElsewhere;
  const wanted = lines.flatMap(({ lineNo, productId, quantity, tracksStock }) =>
    productId === null || !tracksStock ? [] : [{ lineNo, productId, quantity }],
  );
  const shortage = await findShortage(db, wanted);
  return shortage && nameLine(shortage.refused, wanted[shortage.index]?.lineNo ?? 0);
}

function unlessRefused<Result>(result: Result | AppError): Result {
  if (result instanceof AppError) throw result;
  return result;
}

function describePreview(
  { assets }: OrderServices,
  { asset, customerId, couponCode }: NewOrder,
  { lines, totals }: PricedLines,
): OrderPreviewDocument {
  const write = amountWriter(assets, asset.code);
  return {
    customer_id: customerId,
    currency: asset.code,
    subtotal: write(worthOf(lines, asset).subtotalMinor),
    coupon_code: couponCode ?? null,
    discount: write(discountOfLines(lines)),
    net: write(totals.net),
    tax: write(totals.tax),
    total: write(totals.gross),
    items: lines.map((line) => describePricedLine(line, write)),
  };
}
