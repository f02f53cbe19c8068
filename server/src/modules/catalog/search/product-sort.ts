// The sort orders of product lists, and their cursors: the sort value and id of the last product of a page.
import { invalidField } from "../../../values/app-error.ts";

export const PRODUCT_SORTS = [
  "relevance",
  "newest",
  "oldest",
  "price_asc",
  "price_desc",
  "name_asc",
  "name_desc",
] as const;
export type ProductSort = (typeof PRODUCT_SORTS)[number];

/** The last product of a page. */
export interface PageEnd {
  /** The value that the list is sorted by; null where it is sorted by the id alone. */
  readonly key: string | null;
  readonly id: number;
}

export const CURSOR_LENGTH_MAX = 1_600;

export function formatPageEnd(sort: ProductSort, { key, id }: PageEnd): string {
  return Buffer.from(JSON.stringify([sort, key, id])).toString("base64url");
}

/** @throws AppError `invalid/invalid_request` naming the field `cursor` */
export function readPageEnd(sort: ProductSort, cursor: string | undefined): PageEnd | undefined {
  if (cursor === undefined) return undefined;
  const [of, key, id] = parseTriple(cursor);
  if (typeof of === "string" && of !== sort)
    throw invalidField("cursor", `is of a list sorted by ${of.slice(0, 20)}; ask with the same sort`);
  const isId = typeof id === "number" && Number.isInteger(id) && id > 0 && id <= 2_147_483_647;
  if (of !== sort || !isId || !isKey(sort, key)) throw foreignCursor();
  return { key, id };
}

function parseTriple(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(parsed) && parsed.length === 3) return parsed;
  } catch {
    // falls through: not one of our cursors
  }
  throw foreignCursor();
}

function isKey(sort: ProductSort, key: unknown): key is string | null {
  if (sort === "newest" || sort === "oldest") return key === null;
  if (sort === "relevance") return key === null || (typeof key === "string" && /^\d{1,9}$/.test(key));
  if (typeof key !== "string") return false;
  return sort.startsWith("price") ? /^\d{1,18}$/.test(key) : !key.includes("\0");
}

function foreignCursor() {
  return invalidField("cursor", "is not a cursor of this list; take next_cursor of the page before as it is");
}
