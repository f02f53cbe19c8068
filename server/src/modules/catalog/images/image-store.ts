// The SQL of images.
import type { AnySql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { ProductImage } from "../products/product.ts";

export interface StoredImage {
  readonly type: string;
  readonly etag: string;
  /** Null where the client has the image already. */
  readonly content: Buffer | null;
  /** Whether it belongs to a draft, or to a product that a draft category hides. */
  readonly isHidden: boolean;
}

/** Leaves out the content where the image's ETag is among those in `known`. */
export async function selectImageContent(
  sql: AnySql,
  id: number,
  known: string,
): Promise<StoredImage | undefined> {
  const [image] = await sql<StoredImage[]>`
    SELECT i.type, e.etag, p.status = 'draft' OR EXISTS (
        SELECT FROM catalog.categories k WHERE k.id = p.category_id AND NOT k.is_shown) AS "isHidden",
      CASE WHEN strpos(${known}, e.etag) = 0 THEN i.content END AS content
    FROM catalog.images i
    JOIN catalog.products p ON p.id = i.product_id
    CROSS JOIN LATERAL (SELECT '"' || encode(substr(i.sha256, 1, 16), 'hex') || '"') AS e (etag)
    WHERE i.id = ${id}::bigint`;
  return image;
}

export interface NewImage {
  readonly productId: number;
  readonly type: string;
  readonly sha256: Buffer;
  readonly content: Buffer;
}

/** Undefined where the product has this image already. */
export async function insertImage({ sql }: Tx, image: NewImage): Promise<number | undefined> {
  const [inserted] = await sql<{ id: number }[]>`
    INSERT INTO catalog.images (product_id, type, sha256, content)
    VALUES (${image.productId}, ${image.type}, ${image.sha256}, ${image.content})
    ON CONFLICT (product_id, sha256) DO NOTHING
    RETURNING id`;
  return inserted?.id;
}

export async function deleteImage({ sql }: Tx, id: number): Promise<void> {
  await sql`DELETE FROM catalog.images WHERE id = ${id}`;
}

/** The caller must have locked the product. */
export async function updateGallery(
  { sql }: Tx,
  productId: number,
  images: readonly ProductImage[],
): Promise<void> {
  await sql`
    UPDATE catalog.products
    SET images = ${JSON.stringify(images)}::text::jsonb, version = version + 1, updated_at = now()
    WHERE id = ${productId}`;
}
