// Checks stock against the ledger: which account counts what, and whether the bookings that this module recorded are in
// the book. Whether the book itself agrees (sums, holds, limits) is the ledger's own check.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Difference } from "../../../values/difference.ts";
import { findOwners } from "../../banking/index.ts";
import { findAccountIdsOfAsset, findAssets, findBalances, findTransfers } from "../../ledger/index.ts";
import { selectReceived } from "../purchase-orders/purchase-order-store.ts";
import { selectStock } from "../stock/stock-store.ts";
import * as store from "./stock-verification-store.ts";

export type StockDifference = Difference<
  "stock_accounts" | "stock_levels" | "stocktakes" | "purchase_orders",
  "productId" | "accountId"
>;

const PAGE = 2_000;

/** The first difference of each check, as of one moment. Locks nothing. */
export async function verifyStock(
  db: Sql,
  { onProgress }: { readonly onProgress?: (done: number, of: number) => void } = {},
): Promise<StockDifference[]> {
  const unit = (await findAssets(db, { kind: "stock", limit: 1_000 })).items.find(
    ({ code }) => code === "UNIT",
  );
  if (unit === undefined) return [{ check: "stock_accounts", what: "the asset UNIT is missing" }];
  return inReadTransaction(db, async (tx) => {
    const checks = [
      () => findStrayAccount(tx, unit.id),
      () => findWrongLevel(tx),
      () => findWrongStocktake(tx),
      () => findWrongPurchase(tx),
    ];
    const found: StockDifference[] = [];
    for (const [index, check] of checks.entries()) {
      found.push(...[await check()].flatMap((difference) => difference ?? []));
      onProgress?.(index + 1, checks.length);
    }
    return found;
  });
}

type Found = Promise<StockDifference | undefined>;

/** Every account of UNIT counts a product at a location, and is not a customer's account. */
async function findStrayAccount(tx: Tx, assetId: number): Found {
  for (let afterId = 0; ; ) {
    const ids = await findAccountIdsOfAsset(tx, { assetId, afterId, limit: PAGE });
    const last = ids.at(-1);
    if (last === undefined) return undefined;
    const noted = await store.selectNotedAccounts(tx, ids);
    const owners = await findOwners(tx, ids);
    for (const accountId of ids) {
      if (!noted.has(accountId)) {
        const what = `account ${accountId} counts units, and no product's stock names it`;
        return { check: "stock_accounts", what, accountId };
      }
      if (owners.has(accountId)) {
        const what = `account ${accountId} counts units, and is the bank account of ${owners.get(accountId)}`;
        return { check: "stock_accounts", what, accountId };
      }
    }
    afterId = last;
  }
}

/** Every product and location has one account, every account one of them; and no more is sold than the limit allows. */
async function findWrongLevel(tx: Tx): Found {
  for (let afterId = 0; ; ) {
    const page = await store.selectNotedStock(tx, { afterId, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return undefined;
    const sums = await findBalances(
      tx,
      page.map(({ accountId }) => accountId),
    );
    for (const { productId, locationId, accountId, accountRows, placeRows } of page) {
      const where = `product ${productId} at location ${locationId}`;
      const tell = (what: string) => ({ check: "stock_accounts" as const, what, productId, accountId });
      if (accountRows !== 1)
        return tell(`account ${accountId} counts ${accountRows} products, ${where} one of them`);
      if (placeRows !== 1) return tell(`${where} is counted by ${placeRows} accounts`);
      const found = sums.get(accountId);
      if (found === undefined)
        return tell(`${where} is counted by account ${accountId}, which does not exist`);
      const { balance, held, creditLimit } = found;
      if (balance - held + creditLimit >= 0n) continue;
      const what = `${where} has ${balance} on hand and ${held} reserved, with a backorder limit of ${creditLimit}`;
      return { check: "stock_levels", what, productId, accountId };
    }
    afterId = last.accountId;
  }
}

/** The differences that a count found were booked, on the right accounts. */
async function findWrongStocktake(tx: Tx): Found {
  for (let afterId = 0; ; ) {
    const lines = await store.selectCountedDifferences(tx, { afterId, limit: PAGE });
    const last = lines.at(-1);
    if (last === undefined) return undefined;
    const transfers = await findTransfers(
      tx,
      lines.flatMap(({ journalId }) => journalId ?? []),
    );
    const stock = await selectStock(tx, [...new Set(lines.map(({ productId }) => productId))]);
    const accounts = new Map(stock.map((at) => [`${at.productId} ${at.locationId}`, at.accountId]));
    for (const line of lines) {
      const transfer = line.journalId === null ? undefined : transfers.get(line.journalId);
      const accountId = accounts.get(`${line.productId} ${line.locationId}`);
      const booked = bookedOn(accountId, transfer);
      if (booked === BigInt(line.difference)) continue;
      const what = `stocktake ${line.stocktakeId} found product ${line.productId} to differ by ${line.difference}, and ${booked} was booked`;
      return { check: "stocktakes", what, productId: line.productId };
    }
    afterId = last.stocktakeId;
  }
}

/** Goods received for an order to the supplier were booked to that product's stock. */
async function findWrongPurchase(tx: Tx): Found {
  for (let afterId = 0; ; ) {
    const orders = await selectReceived(tx, { afterId, limit: PAGE });
    const last = orders.at(-1);
    if (last === undefined) return undefined;
    const transfers = await findTransfers(
      tx,
      orders.map(({ journalId }) => journalId),
    );
    const stock = await selectStock(tx, [...new Set(orders.map(({ productId }) => productId))]);
    const products = new Map(stock.map(({ accountId, productId }) => [accountId, productId]));
    for (const { id, productId, quantity, journalId } of orders) {
      const transfer = transfers.get(journalId);
      const accountId = transfer?.creditAccountId;
      const isOwn = accountId !== undefined && products.get(accountId) === productId;
      if (isOwn && transfer?.amount === BigInt(quantity)) continue;
      const booked = isOwn ? bookedOn(accountId, transfer) : 0n;
      const what = `purchase order ${id} received ${quantity} of product ${productId}, and ${booked} were booked`;
      return { check: "purchase_orders", what, productId };
    }
    afterId = last.id;
  }
}

/** How much the transfer added to the account; below zero: how much it took. */
export function bookedOn(
  accountId: number | undefined,
  transfer: { debitAccountId: number; creditAccountId: number; amount: bigint } | undefined,
): bigint {
  if (transfer === undefined || accountId === undefined) return 0n;
  if (transfer.creditAccountId === accountId) return transfer.amount;
  return transfer.debitAccountId === accountId ? -transfer.amount : 0n;
}
