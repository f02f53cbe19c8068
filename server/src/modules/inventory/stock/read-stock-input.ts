// Turns what a client sent into stock commands: checks ids and locations, and finds or opens the accounts of the products.
// The schemas have checked the form before.

import { inTransaction } from "../../../runtime/transaction.ts";
import type { AppError } from "../../../values/app-error.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readText } from "../../../values/read-input.ts";
import { catalogError, findProductsForSale } from "../../catalog/index.ts";
import type { StockLine } from "../bookings/book-stock.ts";
import { inventoryError } from "../errors.ts";
import type { InventoryServices } from "../routes.ts";
import { checkLocations } from "./location.ts";
import { ensureStock } from "./open-stock.ts";
import { DEFAULT_LOCATION_ID, nameOfPlace, type StockAccount } from "./stock.ts";
import { selectStock } from "./stock-store.ts";

export function readPurpose({
  reference,
  note,
}: {
  reference?: string | undefined;
  note?: string | undefined;
}) {
  return readAll({
    reference: () => readName(reference, "reference"),
    note: () => readText(note, "note"),
  });
}

type StockPlaces = Pick<InventoryServices, "db" | "assets">;

export interface Place {
  readonly productId: number;
  readonly locationId: number;
}

export function toPlace(input: { product_id: number; location_id?: number | undefined }): Place {
  return { productId: input.product_id, locationId: input.location_id ?? DEFAULT_LOCATION_ID };
}

/**
 * The accounts at these places, in their order; missing ones are opened if their product exists.
 * @throws AppError `not_found/location_not_found`, `not_found/product_not_found` naming the field
 */
export async function openPlaces(services: StockPlaces, places: readonly Place[]): Promise<StockAccount[]> {
  const { db, assets } = services;
  await checkPlaces(db, places);
  const accounts = await inTransaction(db, (tx) => ensureStock(tx, assets, places));
  return pick(accounts, places);
}

/**
 * The accounts at these places; each must exist.
 * @throws AppError `not_found/location_not_found`, `not_found/product_not_found`, `not_found/stock_not_found` naming the field
 */
export async function findPlaces({ db }: StockPlaces, places: readonly Place[]): Promise<StockAccount[]> {
  await checkPlaces(db, places);
  const productIds = [...new Set(places.map(({ productId }) => productId))];
  return pick(await inTransaction(db, (tx) => selectStock(tx, productIds)), places);
}

/** Archived products may also be counted, received and moved: they are no longer sold, but may still lie there. */
async function checkPlaces(db: StockPlaces["db"], places: readonly Place[]): Promise<void> {
  await checkKnownLocations(db, places);
  const products = await findProductsForSale(db, [...new Set(places.map(({ productId }) => productId))]);
  const index = places.findIndex(({ productId }) => !products.has(productId));
  if (index >= 0) throw unknownProduct(`items[${index}].product_id`, places[index]?.productId);
}

/** A refusal that names the field whose id belongs to no product. */
export function unknownProduct(field: string, productId: number | undefined): AppError {
  const reason = `there is no product ${productId}`;
  return catalogError("product_not_found", { message: reason, fields: [{ field, reason }] });
}

function checkKnownLocations(db: StockPlaces["db"], places: readonly Place[]): Promise<void> {
  const asked = places.map(({ locationId }, index) => ({
    id: locationId,
    field: `items[${index}].location_id`,
  }));
  return checkLocations(db, asked);
}

function pick(accounts: readonly StockAccount[], places: readonly Place[]): StockAccount[] {
  const found = new Map(accounts.map((account) => [nameOfPlace(account), account]));
  return places.map((place, index) => {
    const account = found.get(nameOfPlace(place));
    if (account !== undefined) return account;
    const reason = `no stock of product ${place.productId} is kept at location ${place.locationId}`;
    throw inventoryError("stock_not_found", {
      message: reason,
      fields: [{ field: `items[${index}].product_id`, reason }],
    });
  });
}

/** Pairs each item with its account. */
export function toLines<Item extends { quantity: number; reason?: StockLine["reason"] }>(
  items: readonly Item[],
  accounts: readonly StockAccount[],
): StockLine[] {
  return items.flatMap(({ quantity, reason }, index) => {
    const account = accounts[index];
    return account === undefined ? [] : [{ account, quantity, reason }];
  });
}
