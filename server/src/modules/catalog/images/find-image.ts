// Finds an image. Only staff see images of drafts and of products that a draft category hides.
import type { Sql } from "../../../runtime/database.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { catalogError } from "../errors.ts";
import { type StoredImage, selectImageContent } from "./image-store.ts";

/**
 * The content is left out where the image's ETag is among those in `known`.
 * @throws AppError `not_found/image_not_found`
 */
export async function getImage(
  db: Sql,
  actor: Actor,
  { id, known }: { readonly id: number; readonly known: string },
): Promise<StoredImage> {
  const image = await selectImageContent(db, id, known);
  if (image === undefined || (image.isHidden && !actsForAll(actor))) throw catalogError("image_not_found");
  return image;
}
