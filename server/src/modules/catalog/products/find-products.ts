// Gets a product. Visitors and customers see what is for sale; staff also see drafts and archived products.
import type { Sql } from "../../../runtime/database.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import type { Assets } from "../../ledger/index.ts";
import { catalogError } from "../errors.ts";
import type { Product } from "./product.ts";
import { selectProducts } from "./product-store.ts";

export interface ProductReader {
  readonly db: Sql;
  readonly assets: Assets;
}

/** @throws AppError `not_found/product_not_found` */
export async function getProduct({ db, assets }: ProductReader, actor: Actor, id: number): Promise<Product> {
  const [product] = await learnCurrencies(assets, await selectProducts(db, [id]));
  if (product === undefined || !(product.isShown || actsForAll(actor)))
    throw catalogError("product_not_found");
  return product;
}

/** Makes sure that this process knows currencies that another process added since it last looked. */
async function learnCurrencies(assets: Assets, products: Product[]): Promise<Product[]> {
  if (products.some(({ currency }) => assets.byCode(currency) === undefined)) await assets.refresh();
  return products;
}
