// Finds categories. Only staff see drafts and what lies below a draft.
import type { Sql } from "../../../runtime/database.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { type Page, toPage } from "../../../values/page.ts";
import { catalogError } from "../errors.ts";
import type { Category } from "./category.ts";
import {
  type CategoryFilter,
  selectCategories,
  selectCategory,
  selectCategoryPage,
} from "./category-store.ts";

export type CategorySearch = Omit<CategoryFilter, "withDrafts">;

/** In the order of ids. */
export async function findCategories(db: Sql, actor: Actor, search: CategorySearch): Promise<Page<Category>> {
  const { limit } = search;
  const found = await selectCategoryPage(db, { ...search, withDrafts: actsForAll(actor), limit: limit + 1 });
  return toPage(found, limit, ({ id }) => id);
}

/** With its ancestors, topmost first. @throws AppError `not_found/category_not_found` */
export async function getCategory(
  db: Sql,
  actor: Actor,
  id: number,
): Promise<Category & { readonly ancestors: readonly Category[] }> {
  const category = await selectCategory(db, id);
  if (category === undefined || !(category.isShown || actsForAll(actor)))
    throw catalogError("category_not_found");
  const lineage = await selectCategories(db, category.path);
  const ancestors = category.path.flatMap((step) =>
    lineage.filter((other) => other.id === step && step !== id),
  );
  return { ...category, ancestors };
}
