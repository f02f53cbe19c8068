// A category: a place in the tree that products stand in.
import type { CategoryDocument } from "../answer-schemas.ts";

/** How many levels the tree may have. */
export const DEPTH_MAX = 8;
export type CategoryStatus = "active" | "draft";

export interface CategoryFields {
  readonly parentId: number | null;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly status: CategoryStatus;
}

export interface Category extends CategoryFields {
  readonly id: number;
  /** Ids from the root down to this category. */
  readonly path: readonly number[];
  /** Visitors see this category: neither it nor any category above it is a draft. */
  readonly isShown: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export function describeCategory(category: Category): CategoryDocument {
  return {
    id: category.id,
    parent_id: category.parentId,
    path: [...category.path],
    slug: category.slug,
    name: category.name,
    description: category.description,
    status: category.status,
    version: category.version,
    created_at: category.createdAt.toISOString(),
    updated_at: category.updatedAt.toISOString(),
  };
}

const SLUG_LENGTH_MAX = 80;

/** "Télés & Vidéo" is "teles-video"; a name without any letter of the alphabet or digit is "category". */
export function makeSlug(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_LENGTH_MAX)
    .replace(/^-|-$/g, "");
  return slug === "" ? "category" : slug;
}
