// Routes of categories.

import { answerCommand, describePage, type HttpServer, readPage } from "../../../http/index.ts";
import { CHANGES_FIELDS, formatETag, readVersions } from "../../../http/version.ts";
import { readCode } from "../../../values/names.ts";
import { CategoryPage, Category as CategoryShape, CategoryWithAncestors } from "../answer-schemas.ts";
import { readCategory, readCategoryPatch } from "../read-input.ts";
import type { CatalogServices } from "../routes.ts";
import { CategoryChange, CategoryInput, CategoryQuery, FOR_VISITORS, IdParams } from "../schemas.ts";
import { describeCategory } from "./category.ts";
import { addCategory, changeCategory, removeCategory } from "./change-category.ts";
import { findCategories, getCategory } from "./find-categories.ts";

const tags = ["Categories"];

export function addCategoryRoutes(server: HttpServer, services: CatalogServices): void {
  addReading(server, services);
  addAdding(server, services);
  addChanging(server, services);
}

function addReading(server: HttpServer, { db }: CatalogServices): void {
  server.get(
    "/categories",
    {
      ...FOR_VISITORS,
      schema: {
        ...FOR_VISITORS.schema,
        tags,
        operationId: "listCategories",
        summary: "Categories, oldest first",
        description: "No token is needed. `parent_id` and `path` make the tree. Drafts are shown to staff.",
        querystring: CategoryQuery,
        response: { 200: CategoryPage },
      },
    },
    async (request) => {
      const { parent_id: parentId, below_id: belowId, ...query } = request.query;
      const slug = readCode(query.slug, "slug");
      const search = { parentId, belowId, slug, ...readPage(query) };
      return describePage(await findCategories(db, request.actor, search), describeCategory);
    },
  );

  server.get(
    "/categories/:id",
    {
      ...FOR_VISITORS,
      schema: {
        ...FOR_VISITORS.schema,
        tags,
        operationId: "getCategory",
        summary: "A category with those above it",
        params: IdParams,
        response: { 200: CategoryWithAncestors },
      },
    },
    async (request, reply) => {
      const category = await getCategory(db, request.actor, request.params.id);
      const ancestors = category.ancestors.map(({ id, slug, name }) => ({ id, slug, name }));
      return reply.header("etag", formatETag(category)).send({ ...describeCategory(category), ancestors });
    },
  );
}

function addAdding(server: HttpServer, { db }: CatalogServices): void {
  server.post(
    "/categories",
    {
      schema: {
        tags,
        operationId: "addCategory",
        summary: "Add a category (staff)",
        body: CategoryInput,
        response: { 201: CategoryShape },
      },
    },
    async (request, reply) => {
      const category = readCategory(request.body);
      return answerCommand([request, reply], { db, event: "category.add", status: 201 }, async (tx) =>
        describeCategory(await addCategory(tx, category)),
      );
    },
  );
}

function addChanging(server: HttpServer, { db }: CatalogServices): void {
  server.patch(
    "/categories/:id",
    {
      schema: {
        tags,
        operationId: "changeCategory",
        summary: "Rename, move, publish or hide a category (staff)",
        description: `${CHANGES_FIELDS} \`parent_id\` moves it with all below it, null to the top.`,
        params: IdParams,
        body: CategoryChange,
        response: { 200: CategoryShape },
      },
    },
    async (request, reply) => {
      const patch = {
        fields: readCategoryPatch(request.body),
        versions: readVersions(request.headers["if-match"]),
      };
      return answerCommand(
        [request, reply],
        { db, event: "category.change", isVersioned: true },
        async (tx) => describeCategory(await changeCategory(tx, request.params.id, patch)),
      );
    },
  );

  server.delete(
    "/categories/:id",
    {
      schema: {
        tags,
        operationId: "removeCategory",
        summary: "Remove an empty category (staff)",
        description: "Archived products in it go up to its parent.",
        params: IdParams,
        response: { 200: CategoryShape },
      },
    },
    async (request, reply) => {
      const versions = readVersions(request.headers["if-match"]);
      return answerCommand([request, reply], { db, event: "category.remove" }, async (tx) =>
        describeCategory(await removeCategory(tx, request.params.id, versions)),
      );
    },
  );
}
