// Routes of product images. They take the plain bytes: no form, no base64.

import { createHash } from "node:crypto";
import { addCommandRoute, type HttpServer } from "../../../http/index.ts";
import { readVersions } from "../../../http/version.ts";
import { readName } from "../../../values/names.ts";
import { Product as ProductShape } from "../answer-schemas.ts";
import { describeProduct } from "../products/product.ts";
import type { CatalogServices } from "../routes.ts";
import { FOR_VISITORS, IdParams, ImageAnswer, ImageParams, ImageQuery } from "../schemas.ts";
import { addImage, prepareImage, removeImage } from "./change-images.ts";
import { getImage } from "./find-image.ts";

const tags = ["Products"];
const UPLOADED = /^(image\/|application\/octet-stream)/;

export function addImageRoutes(server: HttpServer, services: CatalogServices): void {
  // A scope of its own: no other route takes image bodies.
  server.register(async (scope) => addUpload(scope as HttpServer, services));
  addRemoval(server, services);
  addServing(server, services);
}

function addUpload(server: HttpServer, services: CatalogServices): void {
  const { db, assets, imageLimitBytes: bodyLimit } = services;
  server.addContentTypeParser(UPLOADED, { parseAs: "buffer", bodyLimit }, (request, body, done) => {
    // What an idempotency key's requests are compared by.
    request.bodyText = JSON.stringify(createHash("sha256").update(body).digest("hex"));
    done(null, body);
  });
  addCommandRoute(server, db, {
    url: "/products/:id/images",
    tags,
    operationId: "addProductImage",
    summary: "Add an image to a product (staff)",
    description:
      "The body is the image itself: JPEG, PNG, GIF, WebP or AVIF, up to PRODUCT_IMAGE_LIMIT_BYTES, told by its " +
      "content whatever Content-Type says. Up to 20 a product. Kept is what is drawn: notes of cameras and editors " +
      "(places, owners, comments) are left behind; width and height are as it is shown. Answers the product.",
    params: IdParams,
    query: ImageQuery,
    answer: ProductShape,
    status: 201,
    isVersioned: true,
    event: "product.add_image",
    run: async (request) => {
      const productId = request.params.id;
      const alt = readName(request.query.alt, "alt") ?? null;
      const versions = readVersions(request.headers["if-match"]);
      const sent = { productId, body: request.body, alt };
      const image = await prepareImage(services, request.actor, sent);
      return async (tx) =>
        describeProduct(assets, await addImage(tx, assets, { productId, versions, image }));
    },
  });
}

function addRemoval(server: HttpServer, { db, assets }: CatalogServices): void {
  addCommandRoute(server, db, {
    method: "DELETE",
    url: "/products/:id/images/:image_id",
    tags,
    operationId: "removeProductImage",
    summary: "Remove an image of a product (staff)",
    params: ImageParams,
    answer: ProductShape,
    isVersioned: true,
    event: "product.remove_image",
    run: (request) => {
      const { id: productId, image_id: imageId } = request.params;
      const edit = { productId, imageId, versions: readVersions(request.headers["if-match"]) };
      return async (tx) => describeProduct(assets, await removeImage(tx, assets, edit));
    },
  });
}

/** An image never changes under its id, but whether it is shown may change. */
const CACHED = { shown: "public, max-age=31536000, immutable", hidden: "private, no-store" };

function addServing(server: HttpServer, { db }: CatalogServices): void {
  server.get(
    "/images/:id",
    {
      config: FOR_VISITORS.config,
      schema: {
        security: FOR_VISITORS.security,
        tags,
        operationId: "getImage",
        summary: "An image",
        description:
          "No token is needed, but for those of drafts, which staff alone see. Cacheable for ever.",
        params: IdParams,
        response: ImageAnswer,
      },
    },
    async (request, reply) => {
      const known = request.headers["if-none-match"] ?? "";
      const image = await getImage(db, request.actor, { id: request.params.id, known });
      reply.headers({
        etag: image.etag,
        "cache-control": image.isHidden ? CACHED.hidden : CACHED.shown,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "cross-origin", // a storefront may run on another site
      });
      if (image.content === null) return reply.code(304).send();
      return reply.header("content-type", image.type).send(image.content);
    },
  );
}
