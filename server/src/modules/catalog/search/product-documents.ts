// The JSON of products as lists show them, cached by version. The list has just read each product's current version, so the
// cache may lack an entry but is never out of date. What changes without a new version (whether it is in stock) is read
// each time as well. The cache is limited by the total length of its texts.
import type { Sql } from "../../../runtime/database.ts";
import { createKeptAnswers } from "../../../runtime/reads/kept-answers.ts";
import type { Assets } from "../../ledger/index.ts";
import { describeProduct, type Product } from "../products/product.ts";
import { selectProducts } from "../products/product-store.ts";

/** The document of a product in one state. */
export interface ShownProduct {
  readonly id: number;
  readonly version: number;
  readonly inStock: boolean;
}

export interface ProductDocuments {
  /** JSON texts in the order of `shown`. A product that changed meanwhile is shown in its new state. */
  readonly write: (shown: readonly ShownProduct[]) => Promise<string[]>;
}

interface Remembered {
  readonly version: number;
  readonly inStock: boolean;
  readonly json: string;
}

/** Room for the documents of some thirty thousand products. */
const LENGTH_MAX = 32_000_000;

export function createProductDocuments(db: Sql, assets: Assets): ProductDocuments {
  const known = createKeptAnswers<number, Remembered>(LENGTH_MAX, (_id, { json }) => json.length);

  function remember(product: Product): string {
    const json = JSON.stringify(describeProduct(assets, product));
    known.set(product.id, { version: product.version, inStock: product.inStock, json });
    return json;
  }

  function recall({ id, version, inStock }: ShownProduct): string | undefined {
    const found = known.get(id);
    return found?.version === version && found.inStock === inStock ? found.json : undefined;
  }

  async function readMissing(ids: readonly number[]): Promise<Map<number, string>> {
    if (ids.length === 0) return new Map();
    const products = await selectProducts(db, ids);
    if (products.some(({ currency }) => assets.byCode(currency) === undefined)) await assets.refresh();
    return new Map(products.map((product) => [product.id, remember(product)]));
  }

  return {
    write: async (shown) => {
      const documents = shown.map(recall);
      const missing = await readMissing(
        shown.flatMap(({ id }, index) => (documents[index] === undefined ? [id] : [])),
      );
      return shown.flatMap(({ id }, index) => documents[index] ?? missing.get(id) ?? []);
    },
  };
}
