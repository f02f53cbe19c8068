// Routes of the block list (admins), and of what the fraud check found about an order (staff).

import { addCommandRoute, addList, addRoute, type HttpServer } from "../../http/index.ts";
import { readVersions } from "../../http/version.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { readAll, readMoment, readText } from "../../values/read-input.ts";
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
  addCommandRoute(server, db, {
    url: "/risk/blocked",
    tags,
    operationId: "blockSubject",
    summary: "Put an e-mail address, network, address or customer on the list of the blocked (admin)",
    description: "Takes effect for the next order, in all processes. Of an IPv6 address its /64 is blocked.",
    body: BlockedInput,
    answer: BlockedAnswer,
    status: 201,
    event: "blocked_subject.add",
    run: (request) => {
      const { kind, value, reason, expires_at: expiresAt } = request.body;
      const read = readAll({
        value: () => readSubject(kind, value),
        reason: () => readText(reason, "reason") ?? null,
        expiresAt: () => toDate(readMoment(expiresAt, "expires_at")) ?? null,
      });
      const entry = { ...read, kind, blockedBy: request.actor.id };
      return async (tx) => describeEntry(await blockSubject(tx, vault, entry));
    },
  });
}

function addReading(server: HttpServer, services: BlockedServices): void {
  addList(server, {
    url: "/risk/blocked",
    tags,
    operationId: "listBlocked",
    summary: "The list of the blocked, newest first (admin)",
    query: BlockedQuery,
    answer: BlockedPage,
    find: ({ query }, page) => findBlocked(services, { ...query, ...page }),
    describe: describeEntry,
  });

  addRoute(server, {
    url: "/risk/blocked/:id",
    tags,
    operationId: "getBlocked",
    summary: "An entry of the list of the blocked (admin)",
    params: BlockedParams,
    answer: BlockedAnswer,
    isVersioned: true,
    run: async ({ params }) => describeEntry(await getBlocked(services.db, services.vault, params.id)),
  });
}

function addChanging(server: HttpServer, { db, vault }: BlockedServices): void {
  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/risk/blocked/:id",
    tags,
    operationId: "changeBlocked",
    summary: "Change an entry's reason or end (admin)",
    params: BlockedParams,
    body: BlockedChange,
    answer: BlockedAnswer,
    isVersioned: true,
    event: "blocked_subject.change",
    run: (request) => {
      const { id } = request.params;
      const change = readAll({
        reason: () => readText(request.body.reason, "reason"),
        expiresAt: () => toDate(readMoment(request.body.expires_at, "expires_at")),
        versions: () => readVersions(request.headers["if-match"]),
      });
      return async (tx) => describeEntry(await changeBlocked(tx, vault, { id, change }));
    },
  });

  addCommandRoute(server, db, {
    method: "DELETE",
    url: "/risk/blocked/:id",
    tags,
    operationId: "unblockSubject",
    summary: "Take an entry off the list of the blocked (admin)",
    description: "Answers the entry as it was.",
    params: BlockedParams,
    answer: BlockedAnswer,
    event: "blocked_subject.remove",
    run: (request) => {
      const { id } = request.params;
      return async (tx) => describeEntry(await unblockSubject(tx, vault, id));
    },
  });
}

function addScreening(server: HttpServer, { db }: BlockedServices): void {
  addRoute(server, {
    url: "/risk/screenings/:order_id",
    tags,
    operationId: "getScreening",
    summary: "What the fraud check found about an order (staff)",
    params: ScreeningParams,
    answer: ScreeningAnswer,
    run: async ({ params }) => {
      const { orderId, findings, ...found } = await getScreening(db, params.order_id);
      return { order_id: String(orderId), ...found, findings: JSON.parse(findings) };
    },
  });
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
