import { expect, it } from "vitest";
import { keyed, readTopics, STAFF } from "../../../../tests/desk.ts";
import { png } from "../../../../tests/images.ts";
import { openTestProducts } from "../../../../tests/products.ts";
import { expectRefusal, run } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { KeyedRequest } from "../../../runtime/idempotency.ts";
import { addImage, IMAGES_MAX, prepareImage, removeImage } from "./change-images.ts";
import { getImage } from "./find-image.ts";

const shop = await shareInFile(openTestProducts());

interface Options {
  readonly versions?: readonly number[];
  readonly key?: KeyedRequest;
}

async function add(productId: number, content: unknown, { versions, key }: Options = {}) {
  const image = await prepareImage(shop, STAFF, { productId, body: content, alt: "Front" });
  return run(
    shop.db,
    async (tx) => {
      const { images, version } = await addImage(tx, shop.assets, { productId, versions, image });
      return { images, version };
    },
    key,
  );
}
const remove = (productId: number, imageId: number) =>
  run(shop.db, async (tx) => ({
    images: (await removeImage(tx, shop.assets, { productId, imageId, versions: undefined })).images,
  }));

it("puts an image behind those that are there, counts the product's version, and tells of it", async () => {
  const { id } = await shop.add();
  await add(id, png(1, 1));
  const { images, version } = await add(id, png(3, 2));
  expect(version).toBe(3);
  expect(images).toMatchObject([{ width: 1 }, { type: "image/png", width: 3, height: 2, alt: "Front" }]);
  const stored = await getImage(shop.db, STAFF, { id: images[1].id, known: "" });
  expect(stored.content?.equals(png(3, 2))).toBe(true);
  expect((await readTopics(shop.db)).filter((topic) => topic === "product.changed")).toHaveLength(2);
});

it("keeps one of the same image, also of two at once, and adds once for a repeated key", async () => {
  const { id } = await shop.add();
  const key = keyed(STAFF, "image");
  const first = await add(id, png(1, 1), { key });
  expect(await add(id, png(1, 1), { key })).toEqual(first);
  await Promise.all([add(id, png(1, 1)), add(id, png(2, 1)), add(id, png(2, 1))]);
  const { images } = await add(id, png(1, 1));
  expect(images.map(({ width }: { width: number }) => width)).toEqual([1, 2]);
});

it("takes twenty images a product; what is removed is gone, and leaves room", async () => {
  const { id } = await shop.add();
  for (let shade = 0; shade < IMAGES_MAX; shade += 1) await add(id, png(4, 4, shade));
  const another = png(4, 4, 99);
  await expectRefusal(shop.db, () => add(id, another), { code: "too_many_images" });
  const { images } = await add(id, png(4, 4, 0));
  expect((await remove(id, images[0].id)).images).toEqual(images.slice(1));
  await expect(getImage(shop.db, STAFF, { id: images[0].id, known: "" })).rejects.toMatchObject({
    code: "image_not_found",
  });
  await expectRefusal(shop.db, () => remove(id, images[0].id), { code: "image_not_found" });
  expect((await add(id, another)).images).toHaveLength(IMAGES_MAX);
});

it("refuses what is no image, an unknown product and an old version, and leaves nothing", async () => {
  const { id } = await shop.add();
  for (const body of [undefined, "text", Buffer.alloc(0)])
    await expectRefusal(shop.db, () => add(id, body), {
      kind: "invalid",
      details: { fields: [{ field: "body" }] },
    });
  await expectRefusal(shop.db, () => add(id, Buffer.from("text")), { code: "image_type_refused" });
  await expectRefusal(shop.db, () => add(99_999, png(1, 1)), { code: "product_not_found" });
  await expectRefusal(shop.db, () => remove(99_999, 1), { code: "product_not_found" });
  await expectRefusal(shop.db, () => add(id, png(2, 2), { versions: [7] }), { code: "version_mismatch" });
});
