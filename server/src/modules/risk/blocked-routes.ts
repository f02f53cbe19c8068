// Routes of the list of the blocked (admins), and what the fraud check found about an order (staff).
import {
  formatCursor,
  type HttpServer,
  readCommand,
  readCursor,
  runCommand,
  sendAnswer,
} from "../../http/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { invalidField } from "../../values/app-error.ts";
import { parseId } from "../../values/id.ts";
import { parseStamp } from "../../values/time.ts";
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
        reason: readReason(reason) ?? null,
        expiresAt: readTime(expiresAt) ?? null,
        blockedBy: request.actor.id,
      };
      const answer = await runCommand(db, readCommand(request, "blocked_subject.add"), async (tx) =>
        describeEntry(await blockSubject(tx, vault, entry)),
      );
      return sendAnswer(reply, 201, answer);
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
      const { cursor, limit = 50, ...query } = request.query;
      const page = await findBlocked(services, { ...query, cursor: readCursor(cursor), limit });
      return { items: page.entries.map(describeEntry), next_cursor: formatCursor(page.nextCursor) };
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
      const entry = await getBlocked(services.db, services.vault, readId(request.params.id, "id"));
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
      const id = readId(request.params.id, "id");
      const change = {
        reason: readReason(request.body.reason),
        expiresAt: readTime(request.body.expires_at),
        versions: readVersions(request.headers["if-match"]),
      };
      const answer = await runCommand(db, readCommand(request, "blocked_subject.change"), async (tx) =>
        describeEntry(await changeBlocked(tx, vault, { id, change })),
      );
      reply.header("etag", `"${JSON.parse(answer.body).version}"`);
      return sendAnswer(reply, 200, answer);
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
      const id = readId(request.params.id, "id");
      const answer = await runCommand(db, readCommand(request, "blocked_subject.remove"), async (tx) =>
        describeEntry(await unblockSubject(tx, vault, id)),
      );
      return sendAnswer(reply, 200, answer);
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
      const { orderId, findings, ...found } = await getScreening(
        db,
        readId(request.params.order_id, "order_id"),
      );
      return { order_id: String(orderId), ...found, findings: JSON.parse(findings) };
    },
  );
}

function describeEntry(entry: BlockedEntry): BlockedDocument {
  return {
    id: String(entry.id),
    kind: entry.kind,
    value: entry.value,
    reason: entry.reason,
    version: entry.version,
    blocked_by: entry.blockedBy,
    blocked_at: entry.blockedAt.toISOString(),
    expires_at: entry.expiresAt?.toISOString() ?? null,
  };
}

function readId(text: string, field: string): number {
  const id = parseId(text);
  if (id === undefined) throw invalidField(field, "must be an id, a decimal string");
  return id;
}

function readReason<T extends string | null | undefined>(reason: T): T {
  if (typeof reason === "string" && /[\p{Cc}\p{Cs}]/u.test(reason))
    throw invalidField("reason", "must not have control characters or broken Unicode");
  return reason;
}

function readTime(text: string | null | undefined): Date | null | undefined {
  if (text === undefined || text === null) return text;
  const stamp = parseStamp(text);
  if (stamp === undefined)
    throw invalidField("expires_at", "must be a time that exists, such as 2027-01-01T00:00:00Z");
  return new Date(stamp / 1_000);
}

const ETAG = /^(?:W\/)?"(\d{1,9})"$/;

function readVersions(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").map((tag) => {
    const version = ETAG.exec(tag.trim())?.[1];
    if (version === undefined) throw invalidField("If-Match", 'must be an ETag of this entry, such as "1"');
    return Number(version);
  });
}
