// Adds, changes, moves and removes categories. Every change of the tree waits for the one before it, so that two moves at the
// same time cannot make a cycle; categories change rarely, so the wait costs little.

import { checkVersion } from "../../../http/version.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { appendEvents } from "../../jobs/index.ts";
import { catalogError } from "../errors.ts";
import { type Category, type CategoryFields, DEPTH_MAX, describeCategory, makeSlug } from "./category.ts";
import * as store from "./category-store.ts";

/** Without a slug, one is made from the name. */
export type NewCategory = Omit<CategoryFields, "slug"> & { readonly slug: string | undefined };

/** Undefined leaves a field as it is. */
export interface CategoryPatch {
  readonly fields: Partial<CategoryFields>;
  /** The versions the category may have; any other is refused. */
  readonly versions: readonly number[] | undefined;
}

/**
 * Locks the tree. Appends `category.added`.
 * @throws AppError `refused/unknown_category`, `refused/category_too_deep`, `conflict/slug_taken`
 */
export async function addCategory(tx: Tx, category: NewCategory): Promise<Category> {
  await store.lockTree(tx);
  const parentPath = await readParentPath(tx, category.parentId);
  if (parentPath.length >= DEPTH_MAX) throw catalogError("category_too_deep");
  const slug = await chooseSlug(tx, category);
  const added = await store.insertCategory(tx, { ...category, slug, parentPath });
  await announce(tx, "category.added", added);
  return added;
}

/**
 * Locks the tree; a new parent moves the whole subtree. Appends `category.changed`.
 * @throws AppError `not_found/category_not_found`, `conflict/version_mismatch`, `conflict/slug_taken`,
 * `refused/unknown_category`, `refused/category_cycle`, `refused/category_too_deep`
 */
export async function changeCategory(tx: Tx, id: number, patch: CategoryPatch): Promise<Category> {
  await store.lockTree(tx);
  const before = await lockedCategory(tx, id, patch.versions);
  const fields: CategoryFields = { ...before, ...patch.fields };
  if (fields.parentId !== before.parentId) await moveBelow(tx, before, fields.parentId);
  if (fields.slug !== before.slug) await refuseTakenSlug(tx, fields.slug);
  await store.updateCategory(tx, id, fields);
  const changed = await lockedCategory(tx, id);
  await announce(tx, "category.changed", changed);
  return changed;
}

/**
 * Locks the tree. Removes an empty category for good; its archived products go up to its parent. Appends `category.removed`.
 * @throws AppError `not_found/category_not_found`, `conflict/version_mismatch`, `refused/category_not_empty`
 */
export async function removeCategory(
  tx: Tx,
  id: number,
  versions: readonly number[] | undefined,
): Promise<Category> {
  await store.lockTree(tx);
  const category = await lockedCategory(tx, id, versions);
  await store.lockAgainstUse(tx, id);
  if (await store.isInUse(tx, id)) throw catalogError("category_not_empty", { category_id: id });
  await store.deleteCategory(tx, category);
  await announce(tx, "category.removed", category);
  return category;
}

async function lockedCategory(
  tx: Tx,
  id: number,
  versions?: readonly number[] | undefined,
): Promise<Category> {
  const category = await store.selectCategory(tx.sql, id);
  if (category === undefined) throw catalogError("category_not_found");
  checkVersion(category.version, versions);
  return category;
}

async function readParentPath(tx: Tx, parentId: number | null): Promise<readonly number[]> {
  if (parentId === null) return [];
  const parent = await store.selectCategory(tx.sql, parentId);
  if (parent !== undefined) return parent.path;
  throw catalogError("unknown_category", {
    fields: [{ field: "parent_id", reason: `there is no category ${parentId}` }],
  });
}

async function moveBelow(tx: Tx, category: Category, parentId: number | null): Promise<void> {
  const parentPath = await readParentPath(tx, parentId);
  if (parentPath.includes(category.id)) throw catalogError("category_cycle", { category_id: category.id });
  const depth = parentPath.length + 1 + (await store.measureSubtree(tx, category.id));
  if (depth > DEPTH_MAX) throw catalogError("category_too_deep", { category_id: category.id });
  await store.moveSubtree(tx, category.id, parentPath);
}

async function chooseSlug(tx: Tx, { slug, name }: NewCategory): Promise<string> {
  if (slug !== undefined) {
    await refuseTakenSlug(tx, slug);
    return slug;
  }
  const wanted = makeSlug(name);
  const taken = await store.selectSlugsLike(tx, wanted);
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) if (!taken.has(`${wanted}-${number}`)) return `${wanted}-${number}`;
}

async function refuseTakenSlug(tx: Tx, slug: string): Promise<void> {
  if ((await store.selectSlugsLike(tx, slug)).has(slug)) throw catalogError("slug_taken", { slug });
}

async function announce(tx: Tx, topic: string, category: Category): Promise<void> {
  await appendEvents(tx, [{ topic, payload: JSON.stringify(describeCategory(category)) }]);
}
