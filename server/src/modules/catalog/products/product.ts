// A product: what it is, what it costs, and whether it is shown.
import { formatAmount } from "../../../values/money.ts";
import type { Assets } from "../../ledger/index.ts";
import type { ProductDocument } from "../answer-schemas.ts";

/** Only staff see drafts. Archived is final: the product is in no list, but orders that name it keep it. */
export const PRODUCT_STATUSES = ["active", "draft", "archived"] as const;
export type ProductStatus = (typeof PRODUCT_STATUSES)[number];

export type Metadata = Readonly<Record<string, string | number | boolean | null>>;

/** What staff enter about a product. */
export interface ProductFields {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceMinor: bigint;
  /** Code of the asset. */
  readonly currency: string;
  readonly priceIncludesTax: boolean;
  readonly taxClass: string;
  readonly categoryId: number | null;
  readonly brand: string | null;
  readonly status: ProductStatus;
  readonly tracksStock: boolean;
  readonly metadata: Metadata;
}

export interface ProductImage {
  readonly id: number;
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly alt: string | null;
}

export interface Product extends ProductFields {
  readonly id: number;
  /** Visitors see it and may buy it: it is active, and no category above it is a draft. */
  readonly isShown: boolean;
  readonly images: readonly ProductImage[];
  readonly inStock: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The stock that a new product begins with. */
export interface NewStock {
  readonly productId: number;
  readonly sku: string;
  readonly initialQuantity: number;
  /** Units that may be sold beyond what is on hand. */
  readonly backorderLimit: number;
  readonly lowStockThreshold?: number | undefined;
}

export function describeProduct(assets: Assets, product: Product): ProductDocument {
  return {
    id: product.id,
    sku: product.sku,
    name: product.name,
    description: product.description,
    price: formatAmount(product.priceMinor, scaleOf(assets, product.currency)),
    currency: product.currency,
    price_includes_tax: product.priceIncludesTax,
    tax_class: product.taxClass,
    category_id: product.categoryId,
    brand: product.brand,
    status: product.status,
    tracks_stock: product.tracksStock,
    in_stock: product.inStock,
    images: product.images.map(({ id, type, width, height, alt }) => ({
      id,
      url: `/api/v1/images/${id}`,
      type,
      width,
      height,
      alt,
    })),
    metadata: { ...product.metadata },
    version: product.version,
    created_at: product.createdAt.toISOString(),
    updated_at: product.updatedAt.toISOString(),
  };
}

function scaleOf(assets: Assets, currency: string): number {
  const asset = assets.byCode(currency);
  if (asset === undefined) throw new Error(`the currency ${currency} of a product is not known`);
  return asset.scale;
}
