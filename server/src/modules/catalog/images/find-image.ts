// Finds an image. Those of drafts, and of what a draft category hides, are seen by staff alone.
import type { Sql } from "../../../runtime/database.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { catalogError } from "../errors.ts";
import { type StoredImage, selectImageContent } from "./image-store.ts";

/**
 * Its content is left out where one of the ETags in `known` is its own.
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
