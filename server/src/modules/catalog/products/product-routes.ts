// Routes of single products, and of adding many.
import { answerCommand, type HttpServer } from "../../../http/index.ts";
import { CHANGES_FIELDS, formatETag, readVersions } from "../../../http/version.ts";
import { ProductBatch, Product as ProductShape } from "../answer-schemas.ts";
import { readNewProduct, readNewProducts } from "../read-input.ts";
import type { CatalogServices } from "../routes.ts";
import { FOR_VISITORS, IdParams, ProductBatchInput, ProductChange, ProductInput } from "../schemas.ts";
import { addProduct, addProducts } from "./add-products.ts";
import { archiveProduct, changeProduct, prepareProductPatch } from "./change-product.ts";
import { getProduct } from "./find-products.ts";
import { describeProduct } from "./product.ts";

const tags = ["Products"];

export function addProductRoutes(server: HttpServer, services: CatalogServices): void {
  addReading(server, services);
  addAdding(server, services);
  addChanging(server, services);
  addArchiving(server, services);
}

function addReading(server: HttpServer, services: CatalogServices): void {
  const { assets } = services;
  server.get(
    "/products/:id",
    {
      ...FOR_VISITORS,
      schema: {
        ...FOR_VISITORS.schema,
        tags,
        operationId: "getProduct",
        summary: "A product",
        description: "No token is needed. The ETag is the product's version, for If-Match.",
        params: IdParams,
        response: { 200: ProductShape },
      },
    },
    async (request, reply) => {
      const product = await getProduct(services, request.actor, request.params.id);
      return reply.header("etag", formatETag(product)).send(describeProduct(assets, product));
    },
  );
}

function addAdding(server: HttpServer, { db, assets, defaults, onProductsCreated }: CatalogServices): void {
  server.post(
    "/products",
    {
      schema: {
        tags,
        operationId: "addProduct",
        summary: "Add a product (staff)",
        description:
          "With `initial_quantity` units of stock at the default location, received in the same transaction.",
        body: ProductInput,
        response: { 201: ProductShape },
      },
    },
    async (request, reply) => {
      const product = readNewProduct(assets, request.body, { defaults });
      const context = { assets, actor: request.actor, onProductsCreated };
      return answerCommand([request, reply], { db, event: "product.add", status: 201 }, async (tx) =>
        describeProduct(assets, await addProduct(tx, context, product)),
      );
    },
  );

  server.post(
    "/products/batch",
    {
      schema: {
        tags,
        operationId: "addProducts",
        summary: "Add up to 1,000 products, all or none (staff)",
        body: ProductBatchInput,
        response: { 201: ProductBatch },
      },
    },
    async (request, reply) => {
      const products = readNewProducts(assets, request.body.products, defaults);
      const context = { assets, actor: request.actor, onProductsCreated, isBatch: true };
      return answerCommand([request, reply], { db, event: "product.add_batch", status: 201 }, async (tx) => {
        const added = await addProducts(tx, context, products);
        return { products: added.map((product) => describeProduct(assets, product)) };
      });
    },
  );
}

function addChanging(server: HttpServer, services: CatalogServices): void {
  const { db, assets } = services;
  server.patch(
    "/products/:id",
    {
      schema: {
        tags,
        operationId: "changeProduct",
        summary: "Change a product (staff)",
        description: `${CHANGES_FIELDS} \`metadata\` is replaced whole. \`archived\` takes it out of the shop; \`active\` brings it back.`,
        params: IdParams,
        body: ProductChange,
        response: { 200: ProductShape },
      },
    },
    async (request, reply) => {
      const productId = request.params.id;
      const versions = readVersions(request.headers["if-match"]);
      const patch = await prepareProductPatch(services, request.actor, { productId, input: request.body });
      return answerCommand([request, reply], { db, event: "product.change", isVersioned: true }, async (tx) =>
        describeProduct(assets, await changeProduct(tx, assets, { productId, patch, versions })),
      );
    },
  );
}

function addArchiving(server: HttpServer, { db, assets }: CatalogServices): void {
  server.delete(
    "/products/:id",
    {
      schema: {
        tags,
        operationId: "archiveProduct",
        summary: "Take a product out of the shop (staff)",
        description:
          "It is archived, not deleted: orders keep it, its SKU stays its own, PATCH with `status` active brings it back.",
        params: IdParams,
        response: { 200: ProductShape },
      },
    },
    async (request, reply) => {
      const edit = { productId: request.params.id, versions: readVersions(request.headers["if-match"]) };
      return answerCommand([request, reply], { db, event: "product.archive" }, async (tx) =>
        describeProduct(assets, await archiveProduct(tx, assets, edit)),
      );
    },
  );
}
