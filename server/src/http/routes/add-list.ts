// The frame of a route that lists things page by page: it reads `cursor` and `limit` from the query, finds the page, and
// describes each thing.
import type { Static, TSchema } from "typebox";
import type { Page, PageBounds } from "../../values/page.ts";
import type { HttpServer } from "../http-server.ts";
import { describePage, readPage } from "../page.ts";
import { addRoute, type Route } from "./add-route.ts";
import type { ReadRequest } from "./operation.ts";

/** A page of a list that may tell how long it is. */
export type CountedPage<Thing> = Page<Thing> & { readonly total?: number };

export interface ListRoute<P extends TSchema, Q extends TSchema, A extends TSchema, Thing>
  extends Omit<Route<P, Q, TSchema, A>, "method" | "status" | "run"> {
  readonly query: Q;
  /** @throws AppError what is wrong with the query, or refused */
  readonly find: (
    request: ReadRequest<P, Q, TSchema>,
    page: Required<PageBounds>,
  ) => Promise<CountedPage<Thing>>;
  readonly describe: (thing: Thing) => object;
}

/** Answers `items` and `next_cursor`, and `total` where the list is counted. */
export function addList<P extends TSchema, Q extends TSchema, A extends TSchema, Thing>(
  server: HttpServer,
  { find, describe, ...route }: ListRoute<P, Q, A, Thing>,
): void {
  addRoute(server, {
    ...route,
    run: async (request) => {
      const page = readPage(request.query as Parameters<typeof readPage>[0]);
      const { total, ...found } = await find(request, page);
      const document = describePage(found, describe);
      return (total === undefined ? document : { ...document, total }) as Static<A>;
    },
  });
}
