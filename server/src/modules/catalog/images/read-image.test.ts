import { expect, it } from "vitest";
import { avif, GIF, JPEG, png, WEBP } from "../../../../tests/images.ts";
import { AppError } from "../../../values/app-error.ts";
import { type ReadImage, readImage } from "./read-image.ts";

it.each([
  ["image/png", png(1, 1)],
  ["image/jpeg", JPEG],
  ["image/gif", GIF],
  ["image/webp", WEBP],
  ["image/avif", avif()],
])("knows %s by its content", async (type, content) => {
  expect(await readImage(content)).toMatchObject({ type, width: 1, height: 1 });
});

it("V5.2.2 refuses other files, whatever they are called, and images that are broken, cut off or too large", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const damaged = Buffer.from(png(9, 9));
  damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
  const cases: readonly (readonly [Buffer | string, string])[] = [
    [svg, "image_type_refused"],
    ["<!doctype html><script>alert(1)</script>", "image_type_refused"],
    ["%PDF-1.7\n%âãÏÓ\n1 0 obj\n", "image_type_refused"],
    [Buffer.from("MZ\x90\x00", "latin1"), "image_type_refused"],
    [Buffer.from("BM\x3a\x00\x00\x00\x00\x00\x00\x00", "latin1"), "image_type_refused"],
    [png(9, 9).subarray(0, 50), "image_broken"],
    [Buffer.concat([png(9, 9), Buffer.from("<script>")]), "image_not_alone"],
    [damaged, "image_broken"],
    [JPEG.subarray(0, JPEG.length - 2), "image_broken"],
    [WEBP.subarray(0, WEBP.length - 8), "image_broken"],
    [GIF.subarray(0, 30), "image_broken"],
    [Buffer.from("\xff\xd8\xff\xe0", "latin1"), "image_broken"],
    [png(0, 0), "image_broken"],
    [png(20_000, 1), "image_too_large"],
  ];
  for (const [content, code] of cases)
    await expect(
      readImage(Buffer.from(content as string)),
      `${code}: ${content.slice(0, 8)}`,
    ).rejects.toMatchObject({
      code,
      details: { fields: [{ field: "body" }] },
    });
});

it("an image cut off or changed anywhere is taken for what it is or refused, and nothing else happens", async () => {
  const outcomes = new Set<string>();
  const judge = async (sent: Buffer) => {
    const outcome = await readImage(sent).catch((error: unknown) => error);
    if (!(outcome instanceof AppError)) {
      expect(outcome).toMatchObject({ type: expect.stringMatching(/^image\/(png|jpeg|gif|webp|avif)$/) });
      const { width, height, content } = outcome as ReadImage;
      expect(Math.min(width, height) > 0 && Math.max(width, height) <= 12_000).toBe(true);
      expect((await readImage(content)).content.equals(content)).toBe(true); // it is an image, and kept as it is
    }
    outcomes.add(outcome instanceof AppError ? outcome.code : "taken");
  };
  for (const image of [png(3, 2), JPEG, GIF, WEBP, avif()])
    for (let at = 0; at < image.length; at++) {
      await judge(image.subarray(0, at));
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const [one, four] = [Buffer.from(image), Buffer.from(image)];
        await judge(one.fill(value, at, at + 1));
        await judge(four.fill(value, at, Math.min(at + 4, image.length)));
      }
    }
  expect([...outcomes].sort()).toEqual(["image_broken", "image_too_large", "image_type_refused", "taken"]);
});

it("two megabytes of headers are read in one pass, and do not keep everybody waiting", async () => {
  const manyBoxes = avif(100_000);
  expect(await readImage(manyBoxes)).toMatchObject({ type: "image/avif", width: 1, height: 1 });
  const segments = Buffer.alloc(2_000_000, Buffer.from("\xff\xe0\0\x02", "latin1"));
  for (const filling of [Buffer.alloc(2_000_000), Buffer.alloc(2_000_000, 0xff), segments]) {
    const content = Buffer.concat([Buffer.from("\xff\xd8\xff\xe0\0\x02", "latin1"), filling]);
    await expect(readImage(content)).rejects.toMatchObject({ code: "image_broken" });
  }
});
