import { describe, expect, test } from "vitest";
import { keyed, readTopics, STAFF } from "../../../../tests/desk.ts";
import { openTestProducts, type TestProducts } from "../../../../tests/products.ts";
import { expectRefusal, run } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { archiveProduct } from "../products/change-product.ts";
import { getProduct } from "../products/find-products.ts";
import type { CategoryFields } from "./category.ts";
import { addCategory, changeCategory, removeCategory } from "./change-category.ts";
import { getCategory } from "./find-categories.ts";

const shop = await shareInFile(openTestProducts());

interface Options {
  readonly versions?: readonly number[] | undefined;
  readonly key?: KeyedRequest;
}
const change = (id: number, fields: Partial<CategoryFields>, { versions, key }: Options = {}) =>
  run(
    shop.db,
    async (tx) => {
      const { name, path, slug, version } = await changeCategory(tx, id, { fields, versions });
      return { name, path, slug, version };
    },
    key,
  );
const move = (id: number, parentId: number | null) => change(id, { parentId });
const remove = (id: number, versions?: readonly number[]) =>
  run(shop.db, async (tx) => ({ id: (await removeCategory(tx, id, versions)).id }));
const pathOf = async (id: number) => (await getCategory(shop.db, STAFF, id)).path;
const codesOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));

/** A chain of so many categories; the last one's id. */
async function nest(levels: number): Promise<number> {
  let parentId: number | null = null;
  for (let level = 1; level <= levels; level += 1)
    parentId = (await shop.addCategory(`Level ${level}`, { parentId })).id;
  return parentId ?? 0;
}

describe("adding", () => {
  test("gives a slug made from the name, each slug once, and tells of it", async () => {
    const first = await shop.addCategory("Télés & Vidéo");
    expect(first).toMatchObject({ parentId: null, path: [first.id], slug: "teles-video", version: 1 });
    expect((await shop.addCategory("Teles video")).slug).toBe("teles-video-2");
    expect((await shop.addCategory("TELES  VIDEO!")).slug).toBe("teles-video-3");
    expect((await shop.addCategory("影像")).slug).toBe("category");
    expect((await shop.addCategory("Own", { slug: "my-own" })).slug).toBe("my-own");
    expect((await readTopics(shop.db)).filter((topic) => topic === "category.added")).toHaveLength(5);
  });

  test("refuses a taken slug, an unknown parent and a ninth level, and leaves nothing", async () => {
    await shop.addCategory("Taken", { slug: "taken" });
    const refusal = (fields: Parameters<TestProducts["addCategory"]>[1], refused: object) =>
      expectRefusal(shop.db, () => shop.addCategory("Refused", fields), refused);
    await refusal({ slug: "taken" }, { code: "slug_taken" });
    const field = { fields: [{ field: "parent_id" }] };
    await refusal({ parentId: 99_999 }, { code: "unknown_category", details: field });
    await refusal({ parentId: await nest(8) }, { code: "category_too_deep" });
  });

  test("of two at once with one slug one wins; without a slug each gets its own; a repeated key adds one", async () => {
    const same = [1, 2].map(() => shop.addCategory("Race", { slug: "race-x" }));
    expect(codesOf(await Promise.allSettled(same))).toEqual(["slug_taken"]);
    const own = await Promise.all([1, 2, 3].map(() => shop.addCategory("Run")));
    expect(own.map(({ slug }) => slug).sort()).toEqual(["run", "run-2", "run-3"]);
    const nothing = { description: "", slug: undefined, parentId: null, status: "active" } as const;
    const once = await Promise.all(
      [1, 2].map(() =>
        run(
          shop.db,
          async (tx) => ({ id: (await addCategory(tx, { name: "Once", ...nothing })).id }),
          keyed(STAFF, "category-once"),
        ),
      ),
    );
    expect(once[1]).toEqual(once[0]);
  });
});

describe("moving", () => {
  test("takes all below along, and never below itself", async () => {
    const [a, b] = [await shop.addCategory("A"), await shop.addCategory("B")];
    const below = await shop.addCategory("A1", { parentId: a.id });
    const leaf = await shop.addCategory("A11", { parentId: below.id });
    expect(await move(a.id, b.id)).toMatchObject({ path: [b.id, a.id], version: 2 });
    const { path, ancestors } = await getCategory(shop.db, STAFF, leaf.id);
    expect([path, ancestors.map(({ id }) => id)]).toEqual([
      [b.id, a.id, below.id, leaf.id],
      [b.id, a.id, below.id],
    ]);
    for (const parentId of [a.id, below.id, leaf.id])
      await expectRefusal(shop.db, () => move(a.id, parentId), { code: "category_cycle" });
    await expectRefusal(shop.db, () => move(a.id, 99_999), { code: "unknown_category" });
    expect((await move(below.id, null)).path).toEqual([below.id]);
    expect(await pathOf(leaf.id)).toEqual([below.id, leaf.id]);
  });

  test("refuses what would push what lies below too deep", async () => {
    const deep = await nest(7);
    const top = await shop.addCategory("Top");
    await shop.addCategory("Below top", { parentId: top.id });
    await expectRefusal(shop.db, () => move(top.id, deep), { code: "category_too_deep" });
  });

  test("refuses one of two moves at once that would make a cycle together", async () => {
    for (let round = 0; round < 5; round += 1) {
      const [x, y] = [await shop.addCategory("X"), await shop.addCategory("Y")];
      const moves = await Promise.allSettled([move(x.id, y.id), move(y.id, x.id)]);
      expect(codesOf(moves)).toEqual(["category_cycle"]);
    }
  });
});

describe("changing and removing", () => {
  test("changes the version that was read, once for a repeated key", async () => {
    const { id } = await shop.addCategory("Versioned");
    const key = keyed(STAFF, "category-rename");
    const first = await change(id, { name: "Second" }, { versions: [1], key });
    expect(first).toMatchObject({ name: "Second", slug: "versioned", version: 2 });
    expect(await change(id, { name: "Second" }, { versions: [1], key })).toEqual(first);
    const late = { code: "version_mismatch", details: { version: 2 } };
    await expectRefusal(shop.db, () => change(id, { name: "Third" }, { versions: [1] }), late);
    await shop.addCategory("Of another", { slug: "of-another" });
    await expectRefusal(shop.db, () => change(id, { slug: "of-another" }), { code: "slug_taken" });
    await expectRefusal(shop.db, () => change(99_999, { name: "x" }), { code: "category_not_found" });
  });

  test("removes only an empty category; archived products in it go up to its parent", async () => {
    const parent = await shop.addCategory("Parent");
    const child = await shop.addCategory("Child", { parentId: parent.id });
    const product = await shop.add({ categoryId: child.id });
    for (const { id } of [parent, child])
      await expectRefusal(shop.db, () => remove(id), { code: "category_not_empty" });
    const edit = { productId: product.id, versions: undefined };
    await inTransaction(shop.db, (tx) => archiveProduct(tx, shop.assets, edit));
    await expectRefusal(shop.db, () => remove(child.id, [7]), { code: "version_mismatch" });
    expect(await remove(child.id, [1])).toEqual({ id: child.id });
    expect(await getProduct(shop, STAFF, product.id)).toMatchObject({ categoryId: parent.id });
    await expectRefusal(shop.db, () => remove(child.id), { code: "category_not_found" });
    expect(await remove(parent.id)).toEqual({ id: parent.id });
  });

  test("of a removal and a product that is added to the category at once, one is refused", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await shop.addCategory("Going");
      const outcomes = await Promise.allSettled([remove(id), shop.add({ categoryId: id })]);
      expect([["category_not_empty"], ["unknown_category"]]).toContainEqual(codesOf(outcomes));
    }
  });
});
