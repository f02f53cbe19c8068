// Opens the stock of products: an account at a location, with the units that already lie there.
import type { Tx } from "../../../runtime/transaction.ts";
import { type Actor, describeAuditActor } from "../../../values/actor.ts";
import { appendAudit } from "../../audit/index.ts";
import {
  type Assets,
  isRefusal,
  type JournalHeader,
  ledgerError,
  openAccounts,
  openBook,
  postJournal,
  writeBook,
} from "../../ledger/index.ts";
import { DEFAULT_LOCATION_ID, nameOfPlace, type StockAccount, unitAccounts } from "./stock.ts";
import * as store from "./stock-store.ts";

export interface NewStock {
  readonly actor: Actor;
  readonly productId: number;
  readonly initialQuantity: number;
  /** Units that may be sold before they arrive. Default: none. */
  readonly backorderLimit?: number | undefined;
  /** An alert is raised when so few units are available. Default: never. */
  readonly lowStockThreshold?: number | undefined;
  /** Default: the location with the id 1, "main". */
  readonly locationId?: number | undefined;
}

/** Opens the stock of a product that was added in the same transaction, and books what lies there as a receipt. */
export async function openStock(tx: Tx, assets: Assets, stock: NewStock): Promise<void> {
  await openStocks(tx, assets, [stock]);
}

/** The same for many products at once, in a handful of statements. */
export async function openStocks(tx: Tx, assets: Assets, stocks: readonly NewStock[]): Promise<void> {
  const { assetId } = unitAccounts(assets);
  await store.insertItems(
    tx,
    stocks.map(({ productId, lowStockThreshold = null }) => ({ productId, lowStockThreshold })),
  );
  const accountIds = await openAccounts(
    tx,
    stocks.map(({ backorderLimit = 0 }) => ({ assetId, creditLimit: BigInt(backorderLimit) })),
  );
  const opened = stocks.map((stock, index) => ({
    ...stock,
    locationId: stock.locationId ?? DEFAULT_LOCATION_ID,
    accountId: accountIds[index] ?? 0,
  }));
  await store.insertStock(tx, opened);
  await bookInitial(
    tx,
    assets,
    opened.filter(({ initialQuantity }) => initialQuantity > 0),
  );
}

/** No other transaction can know the new accounts yet, so no batch can be in the way. */
async function bookInitial(
  tx: Tx,
  assets: Assets,
  opened: readonly (NewStock & { accountId: number })[],
): Promise<void> {
  if (opened.length === 0) return;
  const { world } = unitAccounts(assets);
  const accountIds = [world, ...opened.map(({ accountId }) => accountId)];
  const book = await openBook(tx, assets, { accountIds, stampCount: opened.length });
  const firstStamp = book.nextStamp;
  for (const { productId, accountId, initialQuantity, actor } of opened) {
    const header: JournalHeader = {
      kind: "SYSTEM_ADJUSTMENT",
      actorId: actor.id,
      reference: `product ${productId}`,
      metadata: JSON.stringify({ act: "receipt", reason: "initial", product_id: productId }),
    };
    const transfer = { debitAccountId: world, creditAccountId: accountId, amount: BigInt(initialQuantity) };
    const posted = postJournal(book, { ...header, transfers: [transfer] });
    if (isRefusal(posted)) throw ledgerError(posted.refused, posted.details);
  }
  await Promise.all([...writeBook(tx, book), noteReceipts(tx, opened, [firstStamp, book.nextStamp - 1])]);
}

/** The trail names every journal; the journals of one act share one entry. */
async function noteReceipts(
  tx: Tx,
  [first]: readonly NewStock[],
  [firstStamp, lastStamp]: readonly [number, number],
): Promise<void> {
  if (first === undefined) return;
  await appendAudit(tx, [
    {
      event: "stock.open",
      ...describeAuditActor(first.actor),
      resource: { type: "product", id: String(first.productId) },
      outcome: "success",
      origin: { requestId: "stock" },
      details: { first_stamp: String(firstStamp), last_stamp: String(lastStamp) },
    },
  ]);
}

/**
 * Finds the accounts of products at locations, and opens those that are missing: empty, without backorder. All processes are
 * told when a product gets a first or further location.
 */
export async function ensureStock(
  tx: Tx,
  assets: Assets,
  places: readonly { productId: number; locationId: number }[],
): Promise<StockAccount[]> {
  const productIds = [...new Set(places.map(({ productId }) => productId))];
  const known = await store.selectStock(tx, productIds);
  const at = new Set(known.map(nameOfPlace));
  const missing = [...new Map(places.map((place) => [nameOfPlace(place), place])).values()].filter(
    (place) => !at.has(nameOfPlace(place)),
  );
  if (missing.length === 0) return known;
  const items = missing.map(({ productId }) => ({ productId, lowStockThreshold: null }));
  await store.insertItems(tx, [...new Map(items.map((item) => [item.productId, item])).values()]);
  const { assetId } = unitAccounts(assets);
  const ids = await openAccounts(
    tx,
    missing.map(() => ({ assetId, creditLimit: 0n })),
  );
  await store.insertStock(
    tx,
    missing.map((place, index) => ({ ...place, accountId: ids[index] ?? 0 })),
  );
  await store.noteDirectoryChange(tx);
  return store.selectStock(tx, productIds);
}
