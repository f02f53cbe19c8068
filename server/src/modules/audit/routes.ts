// Routes of the audit trail: checkpoints and keys for everybody, proofs and entries for staff, erasing people for admins.

import {
  addRoute,
  describePage,
  type HttpServer,
  type Routes,
  readOrigin,
  readPage,
} from "../../http/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { describeAuditActor } from "../../values/actor.ts";
import { invalidField } from "../../values/app-error.ts";
import { readAll } from "../../values/read-input.ts";
import { parseStamp } from "../../values/time.ts";
import type { TransferSource } from "./checkpoints/extend-transfer-log.ts";
import type { Signers } from "./checkpoints/signing-key.ts";
import { eraseSubject } from "./entries/erase-subject.ts";
import { type EntryRecord, findEntries } from "./entries/find-entries.ts";
import {
  getCheckpoint,
  getConsistencyProof,
  getEntryProof,
  getTransferProof,
  type LeafProof,
} from "./proofs/get-proof.ts";
import * as schemas from "./schemas.ts";

export interface AuditServices {
  readonly db: Sql;
  readonly vault: Vault;
  readonly source: TransferSource;
  readonly signers: Signers;
}

const tags = ["Audit"];
const PUBLIC = { config: { public: true } };
const PLAIN = "text/plain; charset=utf-8";

export function auditRoutes(services: AuditServices): Routes {
  return (server) => {
    addCheckpoints(server, services);
    addProofs(server, services);
    addEntries(server, services);
    addErasure(server, services);
  };
}

function addCheckpoints(server: HttpServer, { db, signers }: AuditServices): void {
  server.get(
    "/audit/checkpoint",
    {
      ...PUBLIC,
      schema: {
        tags,
        operationId: "getCheckpoint",
        summary: "The latest signed checkpoint of a log, or that of a size",
        description:
          "Plain text in the C2SP checkpoint format. Keep copies: a later one must be consistent with them.",
        security: [],
        querystring: schemas.CheckpointQuery,
        response: { 200: schemas.textOf("A signed note") },
      },
    },
    async (request, reply) => {
      const { log = "entries", size } = request.query;
      const { note } = await getCheckpoint(db, log, size);
      return reply.type(PLAIN).send(note);
    },
  );

  server.get(
    "/audit/key",
    {
      ...PUBLIC,
      schema: {
        tags,
        operationId: "getCheckpointKey",
        summary: "The key that signs a log's checkpoints, as verifiers read it",
        security: [],
        querystring: schemas.LogQuery,
        response: { 200: schemas.textOf("A verifier key") },
      },
    },
    async (request, reply) =>
      reply.type(PLAIN).send(`${signers[request.query.log ?? "entries"].verifierKey}\n`),
  );

  addRoute(server, {
    url: "/audit/consistency",
    ...PUBLIC,
    tags,
    operationId: "getConsistencyProof",
    summary: "Proof that a later checkpoint keeps all of an earlier one",
    security: [],
    query: schemas.ConsistencyQuery,
    answer: schemas.ConsistencyProof,
    run: async (request) => {
      const { log = "entries", from, to } = request.query;
      const { before, after, path } = await getConsistencyProof(db, log, { from, to });
      const hashes = path.map((hash) => hash.toString("base64"));
      const notes = { from_checkpoint: before.note, to_checkpoint: after.note };
      return { log, from: before.size, to: after.size, path: hashes, ...notes };
    },
  });
}

function addProofs(server: HttpServer, { db, source }: AuditServices): void {
  const schema = { tags, answer: schemas.InclusionProof };
  addRoute(server, {
    url: "/audit/entries/:seq/proof",
    ...schema,
    operationId: "getEntryProof",
    summary: "Proof that an entry is in the signed trail (staff)",
    params: schemas.EntryParams,
    run: async (request) => describeProof("entries", await getEntryProof(db, Number(request.params.seq))),
  });

  addRoute(server, {
    url: "/audit/transfers/:id/proof",
    ...schema,
    operationId: "getTransferProof",
    summary: "Proof that a transfer is in the signed log of transfers (staff)",
    params: schemas.TransferParams,
    run: async (request) =>
      describeProof("transfers", await getTransferProof({ db, source }, BigInt(request.params.id))),
  });
}

function describeProof(log: "entries" | "transfers", { leaf, index, path, checkpoint }: LeafProof) {
  const hashes = path.map((hash) => hash.toString("base64"));
  return { log, index, leaf, path: hashes, checkpoint: checkpoint.note };
}

function addEntries(server: HttpServer, services: AuditServices): void {
  addRoute(server, {
    url: "/audit",
    tags,
    operationId: "listAuditEntries",
    summary: "The audit trail, newest first (admin)",
    query: schemas.EntryQuery,
    answer: schemas.EntryPage,
    run: async (request) => {
      const {
        actor_id: actorId,
        event,
        resource_type: resourceType,
        resource_id: resourceId,
      } = request.query;
      const { outcome, from, to, ...query } = request.query;
      const page = await findEntries(services, {
        ...{ actorId, event, resourceType, resourceId },
        succeeded: outcome === undefined ? undefined : outcome === "success",
        ...readAll({ from: () => readTime(from, "from"), to: () => readTime(to, "to") }),
        ...readPage(query),
      });
      return describePage(page, describeEntry);
    },
  });
}

function readTime(text: string | undefined, field: string): string | undefined {
  if (text !== undefined && parseStamp(text) === undefined)
    throw invalidField(field, 'must be a time that exists, such as "2026-11-21T09:00:00Z", or a date');
  return text;
}

function describeEntry({ seq, body, values, chainHash }: EntryRecord) {
  return {
    seq: String(seq),
    at: body.at,
    event: body.event,
    actor_id: body.actor_id,
    actor_kind: body.actor_kind,
    resource: body.resource ?? null,
    outcome: body.outcome,
    code: body.code ?? null,
    request_id: body.origin.request_id,
    details: { ...body.details },
    values,
    chain_hash: chainHash.toString("base64"),
  };
}

function addErasure(server: HttpServer, { db }: AuditServices): void {
  addRoute(server, {
    method: "DELETE",
    url: "/audit/subjects/:id",
    tags,
    operationId: "eraseAuditSubject",
    summary: "Forget a person's values on the trail; the chain stays whole (admin)",
    params: schemas.SubjectParams,
    answer: schemas.Erased,
    run: async (request) => {
      const by = { ...describeAuditActor(request.actor), origin: readOrigin(request) };
      const erased = await eraseSubject(db, { subjectId: request.params.id, ...by });
      return { subject_id: request.params.id, erased };
    },
  });
}
