// Routes of categories.

import { addCommandRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
import { CHANGES_FIELDS, readVersions } from "../../../http/version.ts";
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
  addList(server, {
    url: "/categories",
    ...FOR_VISITORS,
    tags,
    operationId: "listCategories",
    summary: "Categories, oldest first",
    description: "No token is needed. `parent_id` and `path` make the tree. Drafts are shown to staff.",
    query: CategoryQuery,
    answer: CategoryPage,
    find: async (request, page) => {
      const { parent_id: parentId, below_id: belowId, ...query } = request.query;
      const slug = readCode(query.slug, "slug");
      const search = { parentId, belowId, slug, ...page };
      return findCategories(db, request.actor, search);
    },
    describe: describeCategory,
  });

  addRoute(server, {
    url: "/categories/:id",
    ...FOR_VISITORS,
    tags,
    operationId: "getCategory",
    summary: "A category with those above it",
    params: IdParams,
    answer: CategoryWithAncestors,
    isVersioned: true,
    run: async ({ actor, params }) => {
      const category = await getCategory(db, actor, params.id);
      const ancestors = category.ancestors.map(({ id, slug, name }) => ({ id, slug, name }));
      return { ...describeCategory(category), ancestors };
    },
  });
}

function addAdding(server: HttpServer, { db }: CatalogServices): void {
  addCommandRoute(server, db, {
    url: "/categories",
    tags,
    operationId: "addCategory",
    summary: "Add a category (staff)",
    body: CategoryInput,
    answer: CategoryShape,
    status: 201,
    event: "category.add",
    run: (request) => {
      const category = readCategory(request.body);
      return async (tx) => describeCategory(await addCategory(tx, category));
    },
  });
}

function addChanging(server: HttpServer, { db }: CatalogServices): void {
  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/categories/:id",
    tags,
    operationId: "changeCategory",
    summary: "Rename, move, publish or hide a category (staff)",
    description: `${CHANGES_FIELDS} \`parent_id\` moves it with all below it, null to the top.`,
    params: IdParams,
    body: CategoryChange,
    answer: CategoryShape,
    isVersioned: true,
    event: "category.change",
    run: (request) => {
      const patch = {
        fields: readCategoryPatch(request.body),
        versions: readVersions(request.headers["if-match"]),
      };
      return async (tx) => describeCategory(await changeCategory(tx, request.params.id, patch));
    },
  });

  addCommandRoute(server, db, {
    method: "DELETE",
    url: "/categories/:id",
    tags,
    operationId: "removeCategory",
    summary: "Remove an empty category (staff)",
    description: "Archived products in it go up to its parent.",
    params: IdParams,
    answer: CategoryShape,
    event: "category.remove",
    run: (request) => {
      const versions = readVersions(request.headers["if-match"]);
      return async (tx) => describeCategory(await removeCategory(tx, request.params.id, versions));
    },
  });
}
