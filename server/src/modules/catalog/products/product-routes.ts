// Routes of single products, and of adding many.
import { addBytesRoute, addCommandRoute, type HttpServer } from "../../../http/index.ts";
import { CHANGES_FIELDS, formatETag, readVersions } from "../../../http/version.ts";
import { actsForAll } from "../../../values/actor.ts";
import { ProductBatch, Product as ProductShape } from "../answer-schemas.ts";
import { readNewProduct, readNewProducts } from "../read-input.ts";
import type { CatalogServices } from "../routes.ts";
import { FOR_VISITORS, IdParams, ProductBatchInput, ProductChange, ProductInput } from "../schemas.ts";
import type { ShownPages } from "../search/shown-pages.ts";
import { addProduct, addProducts } from "./add-products.ts";
import { archiveProduct, changeProduct, prepareProductPatch } from "./change-product.ts";
import { getProduct } from "./find-products.ts";
import { describeProduct } from "./product.ts";

const tags = ["Products"];

export function addProductRoutes(
  server: HttpServer,
  services: CatalogServices & { readonly pages: ShownPages },
): void {
  addReading(server, services);
  addAdding(server, services);
  addChanging(server, services);
  addArchiving(server, services);
}

function addReading(server: HttpServer, services: CatalogServices & { readonly pages: ShownPages }): void {
  const { assets, pages } = services;
  addBytesRoute(server, {
    url: "/products/:id",
    ...FOR_VISITORS,
    config: { ...FOR_VISITORS.config, direct: true },
    tags,
    operationId: "getProduct",
    summary: "A product",
    description: "No token is needed. The ETag is the product's version, for If-Match.",
    params: IdParams,
    answer: ProductShape,
    run: ({ actor, params }) =>
      pages.find(`${actsForAll(actor)} ${params.id}`, async () => {
        const product = await getProduct(services, actor, params.id);
        return { text: JSON.stringify(describeProduct(assets, product)), etag: formatETag(product) };
      }),
  });
}

function addAdding(server: HttpServer, { db, assets, defaults, onProductsCreated }: CatalogServices): void {
  addCommandRoute(server, db, {
    url: "/products",
    tags,
    operationId: "addProduct",
    summary: "Add a product (staff)",
    description:
      "With `initial_quantity` units of stock at the default location, received in the same transaction.",
    body: ProductInput,
    answer: ProductShape,
    status: 201,
    event: "product.add",
    run: (request) => {
      const product = readNewProduct(assets, request.body, { defaults });
      const context = { assets, actor: request.actor, onProductsCreated };
      return async (tx) => describeProduct(assets, await addProduct(tx, context, product));
    },
  });

  addCommandRoute(server, db, {
    url: "/products/batch",
    tags,
    operationId: "addProducts",
    summary: "Add up to 1,000 products, all or none (staff)",
    body: ProductBatchInput,
    answer: ProductBatch,
    status: 201,
    event: "product.add_batch",
    run: (request) => {
      const products = readNewProducts(assets, request.body.products, defaults);
      const context = { assets, actor: request.actor, onProductsCreated, isBatch: true };
      return async (tx) => {
        const added = await addProducts(tx, context, products);
        return { products: added.map((product) => describeProduct(assets, product)) };
      };
    },
  });
}

function addChanging(server: HttpServer, services: CatalogServices): void {
  const { db, assets } = services;
  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/products/:id",
    tags,
    operationId: "changeProduct",
    summary: "Change a product (staff)",
    description: `${CHANGES_FIELDS} \`metadata\` is replaced whole. \`archived\` takes it out of the shop; \`active\` brings it back.`,
    params: IdParams,
    body: ProductChange,
    answer: ProductShape,
    isVersioned: true,
    event: "product.change",
    run: async (request) => {
      const productId = request.params.id;
      const versions = readVersions(request.headers["if-match"]);
      const patch = await prepareProductPatch(services, request.actor, { productId, input: request.body });
      return async (tx) =>
        describeProduct(assets, await changeProduct(tx, assets, { productId, patch, versions }));
    },
  });
}

function addArchiving(server: HttpServer, { db, assets }: CatalogServices): void {
  addCommandRoute(server, db, {
    method: "DELETE",
    url: "/products/:id",
    tags,
    operationId: "archiveProduct",
    summary: "Take a product out of the shop (staff)",
    description:
      "It is archived, not deleted: orders keep it, its SKU stays its own, PATCH with `status` active brings it back.",
    params: IdParams,
    answer: ProductShape,
    event: "product.archive",
    run: (request) => {
      const edit = { productId: request.params.id, versions: readVersions(request.headers["if-match"]) };
      return async (tx) => describeProduct(assets, await archiveProduct(tx, assets, edit));
    },
  });
}
