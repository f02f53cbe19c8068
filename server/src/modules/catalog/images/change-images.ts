// Adds images to a product's gallery and removes them. Each change raises the product's version.
import { createHash } from "node:crypto";
import { checkVersion } from "../../../http/version.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import type { Assets } from "../../ledger/index.ts";
import { catalogError } from "../errors.ts";
import { announceProducts } from "../products/add-products.ts";
import { getProduct, type ProductReader } from "../products/find-products.ts";
import type { Product, ProductImage } from "../products/product.ts";
import { selectProductForUpdate, selectProducts } from "../products/product-store.ts";
import { deleteImage, insertImage, updateGallery } from "./image-store.ts";
import { type ReadImage, readImage } from "./read-image.ts";

export const IMAGES_MAX = 20;

export interface ImageEdit {
  readonly productId: number;
  /** The versions the product may have; any other is refused. */
  readonly versions: readonly number[] | undefined;
}

/** A complete image and its kind, size and cleaned content. */
export interface NewImage extends ReadImage {
  readonly alt: string | null;
}

/**
 * Checks an uploaded image for a product that the actor may see. No locks.
 * @throws AppError `not_found/product_not_found`, `invalid/…` for a body that is no image, or of a type that is not accepted
 */
export async function prepareImage(
  reader: ProductReader,
  actor: Actor,
  {
    productId,
    body,
    alt,
  }: { readonly productId: number; readonly body: unknown; readonly alt: string | null },
): Promise<NewImage> {
  if (!Buffer.isBuffer(body) || body.length === 0)
    throw invalidField("body", "must be an image, sent as it is with a Content-Type such as image/jpeg");
  await getProduct(reader, actor, productId);
  return { ...(await readImage(body)), alt };
}

/**
 * Puts the image after the existing ones. Adding the same image a second time changes nothing. Locks the product. Appends
 * `product.changed`.
 * @throws AppError `not_found/product_not_found`, `conflict/version_mismatch`, `refused/too_many_images`
 */
export async function addImage(
  tx: Tx,
  assets: Assets,
  { productId, versions, image }: ImageEdit & { readonly image: NewImage },
): Promise<Product> {
  const product = await lockProduct(tx, { productId, versions });
  const { content, alt, type, width, height } = image;
  const sha256 = createHash("sha256").update(content).digest();
  const id = await insertImage(tx, { productId, type, sha256, content });
  if (id === undefined) return product;
  if (product.images.length >= IMAGES_MAX) throw catalogError("too_many_images", { limit: IMAGES_MAX });
  return saveGallery(tx, assets, { product, images: [...product.images, { id, type, width, height, alt }] });
}

/**
 * Removes it for good. Locks the product. Appends `product.changed`.
 * @throws AppError `not_found/product_not_found`, `not_found/image_not_found`, `conflict/version_mismatch`
 */
export async function removeImage(
  tx: Tx,
  assets: Assets,
  { imageId, ...edit }: ImageEdit & { readonly imageId: number },
): Promise<Product> {
  const product = await lockProduct(tx, edit);
  const images = product.images.filter(({ id }) => id !== imageId);
  if (images.length === product.images.length) throw catalogError("image_not_found");
  await deleteImage(tx, imageId);
  return saveGallery(tx, assets, { product, images });
}

async function lockProduct(tx: Tx, { productId, versions }: ImageEdit): Promise<Product> {
  const product = await selectProductForUpdate(tx, productId);
  if (product === undefined) throw catalogError("product_not_found");
  checkVersion(product.version, versions);
  return product;
}

async function saveGallery(
  tx: Tx,
  assets: Assets,
  { product, images }: { readonly product: Product; readonly images: readonly ProductImage[] },
): Promise<Product> {
  await updateGallery(tx, product.id, images);
  const [changed] = await selectProducts(tx.sql, [product.id]);
  if (changed === undefined) throw new Error(`product ${product.id} vanished`);
  await announceProducts(tx, { assets, topic: "product.changed" }, [changed]);
  return changed;
}
