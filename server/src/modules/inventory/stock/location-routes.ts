// Routes of locations.

import { addCommandRoute, addRoute, type HttpServer } from "../../../http/index.ts";
import { IF_MATCH, readVersions } from "../../../http/version.ts";
import { readName } from "../../../values/names.ts";
import type { InventoryServices } from "../routes.ts";
import { IdParams, Location, LocationChange, LocationInput, LocationList } from "../schemas.ts";
import { addLocation, changeLocation, findLocations } from "./location.ts";

const tags = ["Stock"];

export function addLocationRoutes(server: HttpServer, { db }: InventoryServices): void {
  addRoute(server, {
    url: "/locations",
    tags,
    operationId: "listLocations",
    summary: "Locations, in the order in which orders take from them (staff)",
    answer: LocationList,
    run: async () => ({ items: await findLocations(db) }),
  });

  addCommandRoute(server, db, {
    url: "/locations",
    tags,
    operationId: "addLocation",
    summary: "Add a location (staff)",
    body: LocationInput,
    answer: Location,
    status: 201,
    event: "location.add",
    run: ({ body: { code, name, priority = 100, sells = true } }) => {
      const location = { code, name: readName(name, "name"), priority, sells };
      return (tx) => addLocation(tx, location);
    },
  });

  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/locations/:id",
    tags,
    operationId: "changeLocation",
    summary: "Rename a location, set its priority, let orders take from it or not (staff)",
    description: IF_MATCH,
    params: IdParams,
    body: LocationChange,
    answer: Location,
    isVersioned: true,
    event: "location.change",
    run: ({ params: { id }, body: { name, priority, sells }, headers }) => {
      const versions = readVersions(headers["if-match"]);
      const change = { name: readName(name, "name"), priority, sells, versions };
      return (tx) => changeLocation(tx, id, change);
    },
  });
}
