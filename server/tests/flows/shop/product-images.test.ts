// Images of products over HTTP: uploading, serving, removing; and what is no image, whatever it says it is.
import { createHash } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { openTestCatalog, type TestCatalog } from "../../catalog.ts";
import { GIF, JPEG, png, readSample } from "../../images.ts";

let catalog: TestCatalog;
let token: string;
beforeAll(async () => {
  catalog = await openTestCatalog({ PRODUCT_IMAGE_LIMIT_BYTES: "20000" });
  token = await catalog.app.token("admin");
});
afterAll(() => catalog?.app.stop());

async function upload(
  id: number,
  content: Buffer | string,
  headers: Record<string, string> = {},
): Promise<TestAnswer> {
  const response = await fetch(`${catalog.app.url}/api/v1/products/${id}/images?alt=Front`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "image/png", ...headers },
    body: content as unknown as string,
  });
  return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
}
const get = (path: string, headers = {}) => fetch(`${catalog.app.url}${path}`, { headers });
const refused = (code: string, status = 400) => ({ status, body: { code } });

describe("uploading and serving", () => {
  test("takes the bytes as they are, serves them for ever, and counts the product's version", async () => {
    const { id } = await catalog.addProduct();
    const image = png(3, 2);
    const added = await upload(id, image, { "content-type": "application/octet-stream" });
    expect(added).toMatchObject({
      status: 201,
      body: { id, version: 2, images: [{ type: "image/png", width: 3, height: 2, alt: "Front" }] },
    });
    expect(added.headers.get("etag")).toBe('"2"');
    const served = await get(added.body.images[0].url);
    expect(Buffer.from(await served.arrayBuffer()).equals(image)).toBe(true);
    expect(Object.fromEntries(served.headers)).toMatchObject({
      "content-type": "image/png",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "public, max-age=31536000, immutable",
    });
    const known = { "if-none-match": served.headers.get("etag") ?? "" };
    const again = await get(added.body.images[0].url, known);
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await catalog.visitor("GET", `/products/${id}`)).body.images).toEqual(added.body.images);
    const listed = await catalog.visitor("GET", `/products?sku=${added.body.sku}`);
    expect(listed.body.items[0].images).toEqual(added.body.images);
  });

  test("F6-17: what is stored, counted and served is the picture alone, the way up that it is shown", async () => {
    const { id } = await catalog.addProduct();
    const photo = readSample("photo.jpg");
    const key = { "idempotency-key": `photo-${id}` };
    const added = await upload(id, photo, key);
    expect(added.body.images).toMatchObject([{ type: "image/jpeg", width: 8, height: 12 }]);
    const served = await get(added.body.images[0].url);
    const content = Buffer.from(await served.arrayBuffer());
    expect([content.includes("SECRET"), content.includes("ICC_PROFILE")]).toEqual([false, true]);
    expect(served.headers.get("content-length")).toBe(String(content.length));
    const hash = createHash("sha256").update(content).digest("hex");
    expect(served.headers.get("etag")).toBe(`"${hash.slice(0, 32)}"`);
    // The same request again, the same picture with other notes, and what was served: nothing new.
    expect(await upload(id, photo, key)).toMatchObject({ status: 201, body: added.body });
    const elsewhere = Buffer.from(photo.toString("latin1").replaceAll("SECRET", "ELSE.."), "latin1");
    for (const same of [photo, elsewhere, content])
      expect((await upload(id, same)).body).toMatchObject({ version: 2, images: added.body.images });
    expect(await upload(id, elsewhere, key)).toMatchObject({ status: 422 });
  });

  test("F6-17: whatever follows an image is named, and nothing is stored", async () => {
    const { id } = await catalog.addProduct();
    for (const sample of ["photo.jpg", "photo.png", "animated.gif", "photo.webp", "photo.avif"]) {
      const sent = Buffer.concat([readSample(sample), Buffer.from("PK\x03\x04\x14\0\0\0", "latin1")]);
      expect(await upload(id, sent), sample).toMatchObject({
        ...refused("image_not_alone"),
        body: {
          errors: [{ field: "body", reason: expect.stringMatching(/^ends at byte \d+, but 8 bytes/) }],
        },
      });
    }
    expect(await upload(id, readSample("two-in-one.jpg"))).toMatchObject(refused("image_not_alone"));
    expect((await catalog.visitor("GET", `/products/${id}`)).body).toMatchObject({ images: [], version: 1 });
  });

  test("the images of a draft are for staff", async () => {
    const { id } = await catalog.addProduct({ status: "draft" });
    const { body } = await upload(id, png(5, 5));
    expect((await get(body.images[0].url)).status).toBe(404);
    const shown = await get(body.images[0].url, { authorization: `Bearer ${token}` });
    expect([shown.status, shown.headers.get("cache-control")]).toEqual([200, "private, no-store"]);
  });
});

describe("what is hostile", () => {
  const countImages = async () => (await catalog.app.db`SELECT FROM catalog.images`).length;

  test("F6-17: a file that is an image and something else too is served as the image alone, or refused", async () => {
    const { id } = await catalog.addProduct();
    const script = "<script>alert(1)</script><!--%PDF-1.7";
    const comment = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0x00, script.length + 2]),
      Buffer.from(script, "latin1"),
    ]);
    const asPage = Buffer.concat([JPEG.subarray(0, 2), comment, JPEG.subarray(2)]);
    const { status, body } = await upload(id, asPage, { "content-type": "image/svg+xml" });
    expect(status).toBe(201);
    const served = await get(body.images.at(-1).url, { accept: "text/html" });
    expect(Object.fromEntries(served.headers)).toMatchObject({
      "content-type": "image/jpeg",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
    });
    expect(Buffer.from(await served.arrayBuffer()).equals(JPEG)).toBe(true);
    const program = Buffer.concat([GIF.subarray(0, -1), Buffer.from("*/=alert(1);;", "latin1")]);
    expect(await upload(id, program)).toMatchObject(refused("image_broken"));
    const archive = Buffer.concat([png(2, 2), Buffer.from("PK\x03\x04\x14\0\0\0", "latin1")]);
    const document = Buffer.concat([Buffer.from("%PDF-1.7\n"), JPEG]);
    expect(await upload(id, archive)).toMatchObject(refused("image_not_alone"));
    expect(await upload(id, document)).toMatchObject(refused("image_type_refused"));
  });

  test("an upload that breaks off, lies about its length or comes as another type leaves nothing", async () => {
    const { id } = await catalog.addProduct();
    const before = await countImages();
    const image = png(9, 9);
    for (const headers of [
      { "content-length": String(image.length + 1) },
      { "content-length": "1000000000" },
      { "transfer-encoding": "chunked" },
    ]) {
      const path = `${catalog.app.url}/api/v1/products/${id}/images`;
      const type = { authorization: `Bearer ${token}`, "content-type": "image/png" };
      const sending = request(path, { method: "POST", headers: { ...type, ...headers } });
      const ended = new Promise((resolve) => sending.on("close", resolve).on("error", resolve));
      sending.write(image, () => sending.destroy());
      await ended;
    }
    const types = [
      "multipart/form-data; boundary=x",
      "text/plain",
      "application/json",
      "image",
      "image/",
      "",
      "*/*",
    ];
    for (const type of types) {
      const { status, body } = await upload(id, image, { "content-type": type });
      expect([type, status < 500, body.code]).toEqual([type, true, expect.any(String)]);
    }
    for (const alt of ["%00", "a%0Ab", "x".repeat(10_000)]) {
      const path = `/api/v1/products/${id}/images?alt=${alt}`;
      const headers = { authorization: `Bearer ${token}`, "content-type": "image/png" };
      const answer = await fetch(`${catalog.app.url}${path}`, {
        method: "POST",
        headers,
        body: image as never,
      });
      expect([alt.slice(0, 9), Math.trunc(answer.status / 100)]).toEqual([alt.slice(0, 9), 4]);
    }
    expect(await countImages()).toBe(before);
    expect((await catalog.visitor("GET", `/products/${id}`)).body).toMatchObject({ images: [], version: 1 });
    expect((await upload(id, image)).status).toBe(201);
  });
});

describe("what is refused", () => {
  test("V5.2.2 other files, whatever they are called, and images that are broken, cut off or too large", async () => {
    const { id } = await catalog.addProduct();
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    for (const [content, code] of [
      [svg, "image_type_refused"],
      [png(9, 9).subarray(0, 50), "image_broken"],
      [png(20_000, 1), "image_too_large"],
    ] as const)
      expect(await upload(id, content), code).toMatchObject({
        ...refused(code),
        body: { errors: [{ field: "body" }] },
      });
    expect(await upload(id, Buffer.alloc(20_001))).toMatchObject({ status: 413 });
    expect(await upload(id, "")).toMatchObject({ status: 400 });
    expect((await upload(id, svg, { "content-type": "text/html" })).status).toBe(415);
    expect((await upload(99_999_999, png(1, 1))).status).toBe(404);
    expect(
      (await catalog.staff("POST", `/products/${id}/images`, { body: { url: "http://x" } })).status,
    ).toBe(400);
    expect((await catalog.customer("POST", `/products/${id}/images`)).status).toBe(403);
    expect(
      (await catalog.staff("POST", "/products", { headers: { "content-type": "image/png" } })).status,
    ).toBe(415);
    expect((await catalog.visitor("GET", `/products/${id}`)).body).toMatchObject({ images: [], version: 1 });
  });
});
