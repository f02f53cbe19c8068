// Routes of the list of the blocked (admins), and what the fraud check found about an order (staff).

import { answerCommand, describePage, type HttpServer, readPage } from "../../http/index.ts";
import { readVersions } from "../../http/version.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { readText, readTime } from "../../values/read-input.ts";
import {
  type BlockedEntry,
  blockSubject,
  changeBlocked,
  findBlocked,
  getBlocked,
  readSubject,
  unblockSubject,
} from "./blocked.ts";
import {
  BlockedAnswer,
  BlockedChange,
  type BlockedDocument,
  BlockedInput,
  BlockedPage,
  BlockedParams,
  BlockedQuery,
  ScreeningAnswer,
  ScreeningParams,
} from "./blocked-schemas.ts";
import { getScreening } from "./get-screening.ts";

export interface BlockedServices {
  readonly db: Sql;
  readonly vault: Vault;
}

const tags = ["Risk"];

export function addBlockedRoutes(server: HttpServer, services: BlockedServices): void {
  addBlocking(server, services);
  addReading(server, services);
  addChanging(server, services);
  addScreening(server, services);
}

function addBlocking(server: HttpServer, { db, vault }: BlockedServices): void {
  server.post(
    "/risk/blocked",
    {
      schema: {
        tags,
        operationId: "blockSubject",
        summary: "Put an e-mail address, network, address or customer on the list of the blocked (admin)",
        description:
          "Takes effect for the next order, in all processes. Of an IPv6 address its /64 is blocked.",
        body: BlockedInput,
        response: { 201: BlockedAnswer },
      },
    },
    async (request, reply) => {
      const { kind, value, reason, expires_at: expiresAt } = request.body;
      const entry = {
        kind,
        value: readSubject(kind, value),
        reason: readText(reason, "reason") ?? null,
        expiresAt: toDate(readTime(expiresAt, "expires_at")) ?? null,
        blockedBy: request.actor.id,
      };
      return answerCommand([request, reply], { db, event: "blocked_subject.add", status: 201 }, async (tx) =>
        describeEntry(await blockSubject(tx, vault, entry)),
      );
    },
  );
}

function addReading(server: HttpServer, services: BlockedServices): void {
  server.get(
    "/risk/blocked",
    {
      schema: {
        tags,
        operationId: "listBlocked",
        summary: "The list of the blocked, newest first (admin)",
        querystring: BlockedQuery,
        response: { 200: BlockedPage },
      },
    },
    async (request) => {
      const page = await findBlocked(services, { ...request.query, ...readPage(request.query) });
      return describePage(page, describeEntry);
    },
  );

  server.get(
    "/risk/blocked/:id",
    {
      schema: {
        tags,
        operationId: "getBlocked",
        summary: "An entry of the list of the blocked (admin)",
        params: BlockedParams,
        response: { 200: BlockedAnswer },
      },
    },
    async (request, reply) => {
      const entry = await getBlocked(services.db, services.vault, request.params.id);
      return reply.header("etag", `"${entry.version}"`).send(describeEntry(entry));
    },
  );
}

function addChanging(server: HttpServer, { db, vault }: BlockedServices): void {
  server.patch(
    "/risk/blocked/:id",
    {
      schema: {
        tags,
        operationId: "changeBlocked",
        summary: "Change an entry's reason or end (admin)",
        params: BlockedParams,
        body: BlockedChange,
        response: { 200: BlockedAnswer },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const change = {
        reason: readText(request.body.reason, "reason"),
        expiresAt: toDate(readTime(request.body.expires_at, "expires_at")),
        versions: readVersions(request.headers["if-match"]),
      };
      return answerCommand(
        [request, reply],
        { db, event: "blocked_subject.change", isVersioned: true },
        async (tx) => describeEntry(await changeBlocked(tx, vault, { id, change })),
      );
    },
  );

  server.delete(
    "/risk/blocked/:id",
    {
      schema: {
        tags,
        operationId: "unblockSubject",
        summary: "Take an entry off the list of the blocked (admin)",
        description: "Answers the entry as it was.",
        params: BlockedParams,
        response: { 200: BlockedAnswer },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      return answerCommand([request, reply], { db, event: "blocked_subject.remove" }, async (tx) =>
        describeEntry(await unblockSubject(tx, vault, id)),
      );
    },
  );
}

function addScreening(server: HttpServer, { db }: BlockedServices): void {
  server.get(
    "/risk/screenings/:order_id",
    {
      schema: {
        tags,
        operationId: "getScreening",
        summary: "What the fraud check found about an order (staff)",
        params: ScreeningParams,
        response: { 200: ScreeningAnswer },
      },
    },
    async (request) => {
      const { orderId, findings, ...found } = await getScreening(db, request.params.order_id);
      return { order_id: String(orderId), ...found, findings: JSON.parse(findings) };
    },
  );
}

function describeEntry({ id, blockedBy, blockedAt, expiresAt, ...entry }: BlockedEntry): BlockedDocument {
  return {
    id: String(id),
    ...entry,
    blocked_by: blockedBy,
    blocked_at: blockedAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
  };
}

function toDate<T extends null | undefined>(stamp: number | T): Date | T {
  return typeof stamp === "number" ? new Date(stamp / 1_000) : stamp;
}
