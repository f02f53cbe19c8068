// Images of products over HTTP: uploading, serving, removing; and what is no image, whatever it says it is.
import { request } from "node:http";
import { crc32, deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReadImage, readImage } from "../../../src/modules/catalog/images/read-image.ts";
import { AppError } from "../../../src/values/app-error.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestCatalog, type TestCatalog } from "../../catalog.ts";

let catalog: TestCatalog;
let token: string;
beforeAll(async () => {
  catalog = await openTestCatalog({ PRODUCT_IMAGE_LIMIT_BYTES: "20000" });
  token = await catalog.app.token("admin");
});
afterAll(() => catalog?.app.stop());

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of one color. */
function png(width: number, height: number, shade = 0): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = Buffer.alloc(Math.min(height, 100) * (Math.min(width, 100) + 1), shade);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
const GIF = Buffer.from("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");
const WEBP = Buffer.from("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA", "base64");
const JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q==",
  "base64",
);

function box(type: string, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string, "latin1")));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length + 8);
  return Buffer.concat([length, Buffer.from(type, "latin1"), content]);
}

/** An AVIF of one pixel a side, by its header, that many times over. */
function avif(sizes = 1): Buffer {
  const size = box("ispe", "\0\0\0\0\0\0\0\x01\0\0\0\x01");
  const properties = box("iprp", box("ipco", Buffer.concat(Array.from({ length: sizes }, () => size))));
  const type = box("ftyp", "avif\0\0\0\0avifmif1");
  return Buffer.concat([type, box("meta", "\0\0\0\0", properties), box("mdat", "pixels")]);
}

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

  test.each([
    ["image/jpeg", JPEG],
    ["image/gif", GIF],
    ["image/webp", WEBP],
    ["image/avif", avif()],
  ])("knows %s by its content", async (type, content) => {
    const { id } = await catalog.addProduct();
    expect(await upload(id, content)).toMatchObject({ status: 201, body: { images: [{ type, width: 1 }] } });
  });

  test("the same image twice is one; a repeated key answers as the first time, another image under it is refused", async () => {
    const { id } = await catalog.addProduct();
    const headers = { "idempotency-key": `image-${id}` };
    const first = await upload(id, png(1, 1), headers);
    expect((await upload(id, png(1, 1), headers)).body).toEqual(first.body);
    expect(await upload(id, png(2, 1), headers)).toMatchObject(refused("idempotency_key_reused", 422));
    expect((await upload(id, png(1, 1))).body.images).toHaveLength(1);
    expect(await upload(id, png(2, 2), { "if-match": '"1"' })).toMatchObject(
      refused("version_mismatch", 409),
    );
  });

  test("twenty images a product, in the order they came; what is removed is gone", async () => {
    const { id } = await catalog.addProduct();
    for (let shade = 0; shade < 20; shade++) expect((await upload(id, png(4, 4, shade))).status).toBe(201);
    expect(await upload(id, png(4, 4, 21))).toMatchObject(refused("too_many_images", 422));
    const { images } = (await catalog.visitor("GET", `/products/${id}`)).body;
    const removed = await catalog.staff("DELETE", `/products/${id}/images/${images[0].id}`);
    expect(removed.body.images).toEqual(images.slice(1));
    expect((await get(images[0].url)).status).toBe(404);
    expect(await catalog.staff("DELETE", `/products/${id}/images/${images[0].id}`)).toMatchObject(
      refused("image_not_found", 404),
    );
    expect((await upload(id, png(4, 4, 21))).status).toBe(201);
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

  test("an image cut off or changed anywhere is taken for what it is or refused, and nothing else happens", async () => {
    const outcomes = new Set<string>();
    const judge = async (content: Buffer) => {
      const outcome = await readImage(content).catch((error: unknown) => error);
      if (!(outcome instanceof AppError)) {
        expect(outcome).toMatchObject({ type: expect.stringMatching(/^image\/(png|jpeg|gif|webp|avif)$/) });
        const { width, height } = outcome as ReadImage;
        expect(Math.min(width, height) > 0 && Math.max(width, height) <= 12_000).toBe(true);
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
    expect(outcomes).toEqual(new Set(["taken", "image_broken", "image_too_large", "image_type_refused"]));
  });

  test("two megabytes of headers are read in one pass, and do not keep everybody waiting", async () => {
    const manyBoxes = avif(100_000);
    expect(await readImage(manyBoxes)).toMatchObject({ type: "image/avif", width: 1, height: 1 });
    const segments = Buffer.alloc(2_000_000, Buffer.from("\xff\xe0\0\x02", "latin1"));
    for (const filling of [Buffer.alloc(2_000_000), Buffer.alloc(2_000_000, 0xff), segments]) {
      const content = Buffer.concat([Buffer.from("\xff\xd8\xff\xe0\0\x02", "latin1"), filling]);
      await expect(readImage(content)).rejects.toMatchObject({ code: "image_broken" });
    }
  });

  test("a file that is an image and something else too is served as the image alone", async () => {
    const { id } = await catalog.addProduct();
    const script = "<script>alert(1)</script><!--%PDF-1.7";
    const comment = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0x00, script.length + 2]),
      Buffer.from(script, "latin1"),
    ]);
    const asPage = Buffer.concat([JPEG.subarray(0, 2), comment, JPEG.subarray(2)]);
    const asProgram = Buffer.concat([
      GIF.subarray(0, -1),
      Buffer.from("*/=alert(1);", "latin1"),
      Buffer.from(";"),
    ]);
    for (const [type, content] of [
      ["image/jpeg", asPage],
      ["image/gif", asProgram],
    ] as const) {
      const { status, body } = await upload(id, content, { "content-type": "image/svg+xml" });
      expect(status).toBe(201);
      const served = await get(body.images.at(-1).url, { accept: "text/html" });
      expect(Object.fromEntries(served.headers)).toMatchObject({
        "content-type": type,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
      });
      expect(Buffer.from(await served.arrayBuffer()).equals(content)).toBe(true);
    }
    const archive = Buffer.concat([png(2, 2), Buffer.from("PK\x03\x04\x14\0\0\0", "latin1")]);
    const document = Buffer.concat([Buffer.from("%PDF-1.7\n"), JPEG]);
    expect(await upload(id, archive)).toMatchObject(refused("image_broken"));
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
    const damaged = Buffer.from(png(9, 9));
    damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
    const cases: readonly (readonly [Buffer | string, string])[] = [
      [svg, "image_type_refused"],
      ["<!doctype html><script>alert(1)</script>", "image_type_refused"],
      ["%PDF-1.7\n%âãÏÓ\n1 0 obj\n", "image_type_refused"],
      [Buffer.from("MZ\x90\x00", "latin1"), "image_type_refused"],
      [Buffer.from("BM\x3a\x00\x00\x00\x00\x00\x00\x00", "latin1"), "image_type_refused"],
      [png(9, 9).subarray(0, 50), "image_broken"],
      [Buffer.concat([png(9, 9), Buffer.from("<script>")]), "image_broken"],
      [damaged, "image_broken"],
      [JPEG.subarray(0, JPEG.length - 2), "image_broken"],
      [WEBP.subarray(0, WEBP.length - 8), "image_broken"],
      [GIF.subarray(0, 30), "image_broken"],
      [Buffer.from("\xff\xd8\xff\xe0", "latin1"), "image_broken"],
      [png(0, 0), "image_broken"],
      [png(20_000, 1), "image_too_large"],
    ];
    for (const [content, code] of cases)
      expect(await upload(id, content), `${code}: ${content.slice(0, 8)}`).toMatchObject({
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
