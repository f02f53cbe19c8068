// The storekeeper's requests: goods in, corrections, moves and counts of products at locations. Their accounts are found or
// opened first, so that the desk's command names only accounts.
import { invalidField, refusedField } from "../../../values/app-error.ts";
import type { CommandOutcome } from "../../desk/index.ts";
import type { InventoryServices } from "../routes.ts";
import { findPlaces, openPlaces, readPurpose, toLines, toPlace } from "../stock/read-stock-input.ts";
import { DEFAULT_LOCATION_ID } from "../stock/stock.ts";
import {
  type AdjustmentReason,
  buildAdjustmentCommand,
  buildReceiptCommand,
  buildStockTransferCommand,
  buildStocktakeCommand,
  type Purpose,
  type StockContext,
} from "./book-stock.ts";

export type StockCaller = Omit<StockContext, "assets">;
export type StockServices = Pick<InventoryServices, "db" | "assets" | "desk">;

/** As a client sends it. Without a location, the first location is meant. */
export interface GoodsInput {
  readonly product_id: number;
  readonly quantity: number;
  readonly location_id?: number | undefined;
}

/**
 * Books goods that came in, all or none. Opens a product's stock at a location where it had none before.
 * @throws AppError `not_found/location_not_found`, `not_found/product_not_found` naming the field
 */
export async function receiveStock(
  services: StockServices,
  caller: StockCaller,
  { items, ...sent }: Purpose & { readonly items: readonly GoodsInput[] },
): Promise<CommandOutcome> {
  const purpose = readPurpose(sent);
  const accounts = await openPlaces(services, items.map(toPlace));
  const context = { ...caller, assets: services.assets };
  return services.desk.submit(buildReceiptCommand(context, { ...purpose, lines: toLines(items, accounts) }));
}

/**
 * Corrects what is on hand, all or none. The outcome may be `insufficient_stock`: reserved units cannot be written off.
 * @throws AppError as `receiveStock`, and `invalid/…` for a correction by zero
 */
export async function adjustStock(
  services: StockServices,
  caller: StockCaller,
  { items, ...sent }: Purpose & { readonly items: readonly (GoodsInput & { reason: AdjustmentReason })[] },
): Promise<CommandOutcome> {
  const zero = items.findIndex(({ quantity }) => quantity === 0);
  if (zero >= 0) throw invalidField(`items[${zero}].quantity`, "must not be zero");
  const purpose = readPurpose(sent);
  const accounts = await openPlaces(services, items.map(toPlace));
  const context = { ...caller, assets: services.assets };
  const lines = toLines(items, accounts);
  return services.desk.submit(buildAdjustmentCommand(context, { ...purpose, lines }));
}

export interface TransferRequest extends Purpose {
  readonly items: readonly Omit<GoodsInput, "location_id">[];
  readonly from_location_id: number;
  readonly to_location_id: number;
}

/**
 * Moves goods from one location to another, all or none. The outcome may be `insufficient_stock`.
 * @throws AppError as `receiveStock`, `not_found/stock_not_found` where no stock was ever kept there, and `invalid/…`
 *   for a move to the location where they already are
 */
export async function transferStock(
  services: StockServices,
  caller: StockCaller,
  { items, from_location_id: from, to_location_id: to, ...sent }: TransferRequest,
): Promise<CommandOutcome> {
  if (from === to) throw refusedField("to_location_id", "must be another location");
  const purpose = readPurpose(sent);
  const placesAt = (locationId: number) => items.map((item) => toPlace({ ...item, location_id: locationId }));
  const sources = await findPlaces(services, placesAt(from));
  const targets = await openPlaces(services, placesAt(to));
  const lines = toLines(items, sources).flatMap((line, index) => {
    const target = targets[index];
    return target === undefined ? [] : [{ ...line, to: target }];
  });
  const context = { ...caller, assets: services.assets };
  return services.desk.submit(buildStockTransferCommand(context, { ...purpose, lines }));
}

export interface CountRequest extends Purpose {
  readonly items: readonly {
    readonly product_id: number;
    readonly counted: number;
    readonly expected?: number | undefined;
  }[];
  readonly location_id?: number | undefined;
}

/**
 * Books the differences of a count at a location, as `buildStocktakeCommand` says.
 * @throws AppError as `receiveStock`, and `invalid/…` where a product is counted twice
 */
export async function takeStock(
  services: StockServices,
  caller: StockCaller,
  { items, location_id: locationId = DEFAULT_LOCATION_ID, ...sent }: CountRequest,
): Promise<CommandOutcome> {
  refuseCountedTwice(items);
  const purpose = readPurpose(sent);
  const places = items.map((item) => toPlace({ ...item, location_id: locationId }));
  const accounts = await openPlaces(services, places);
  const lines = items.flatMap(({ counted, expected }, index) => {
    const account = accounts[index];
    return account === undefined ? [] : [{ account, counted, expected }];
  });
  const context = { ...caller, assets: services.assets };
  return services.desk.submit(buildStocktakeCommand(context, { ...purpose, locationId, lines }));
}

function refuseCountedTwice(items: CountRequest["items"]): void {
  const seen = new Set<number>();
  for (const [index, { product_id }] of items.entries()) {
    if (seen.has(product_id))
      throw refusedField(`items[${index}].product_id`, "is counted twice; add the counts up");
    seen.add(product_id);
  }
}
