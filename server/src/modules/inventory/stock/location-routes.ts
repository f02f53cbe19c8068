// Routes of locations.

import { type HttpServer, readCommand, runCommand, sendAnswer } from "../../../http/index.ts";
import { formatETag, IF_MATCH, readVersions } from "../../../http/version.ts";
import { readName } from "../../../values/names.ts";
import type { InventoryServices } from "../routes.ts";
import { IdParams, Location, LocationChange, LocationInput, LocationList } from "../schemas.ts";
import { addLocation, changeLocation, findLocations } from "./location.ts";

const tags = ["Stock"];

export function addLocationRoutes(server: HttpServer, { db }: InventoryServices): void {
  server.get(
    "/locations",
    {
      schema: {
        tags,
        operationId: "listLocations",
        summary: "Locations, in the order in which orders take from them (staff)",
        response: { 200: LocationList },
      },
    },
    async () => ({ items: await findLocations(db) }),
  );

  server.post(
    "/locations",
    {
      schema: {
        tags,
        operationId: "addLocation",
        summary: "Add a location (staff)",
        body: LocationInput,
        response: { 201: Location },
      },
    },
    async (request, reply) => {
      const { code, name, priority = 100, sells = true } = request.body;
      const location = { code, name: readName(name, "name"), priority, sells };
      const command = readCommand(request, "location.add");
      return sendAnswer(reply, 201, await runCommand(db, command, (tx) => addLocation(tx, location)));
    },
  );

  server.patch(
    "/locations/:id",
    {
      schema: {
        tags,
        operationId: "changeLocation",
        summary: "Rename a location, set its priority, let orders take from it or not (staff)",
        description: IF_MATCH,
        params: IdParams,
        body: LocationChange,
        response: { 200: Location },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { name, priority, sells } = request.body;
      const versions = readVersions(request.headers["if-match"]);
      const change = { name: readName(name, "name"), priority, sells, versions };
      const command = readCommand(request, "location.change");
      const answer = await runCommand(db, command, (tx) => changeLocation(tx, id, change));
      reply.header("etag", formatETag(JSON.parse(answer.body)));
      return sendAnswer(reply, 200, answer);
    },
  );
}
