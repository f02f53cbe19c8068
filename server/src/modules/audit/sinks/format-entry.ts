// Entries in standard formats: Elastic Common Schema 8.17 and Open Cybersecurity Schema Framework 1.3, so that tools for security
// events read them without a mapping of their own.
import type { EntryRecord } from "../entries/find-entries.ts";

export const ENTRY_FORMATS = ["ecs", "ocsf"] as const;
export type EntryFormat = (typeof ENTRY_FORMATS)[number];

const WRITERS: Readonly<Record<EntryFormat, (record: EntryRecord) => object>> = { ecs: toEcs, ocsf: toOcsf };

export function formatEntry(record: EntryRecord, format: EntryFormat): object {
  return WRITERS[format](record);
}

/** JSON leaves out members that are undefined. */
export function toEcs({ seq, body, values, chainHash }: EntryRecord): object {
  const { ip, user_agent, ...personal } = values;
  const failed = body.outcome === "refused";
  return {
    "@timestamp": body.at,
    ecs: { version: "8.17.0" },
    event: {
      id: String(seq),
      sequence: seq,
      kind: "event",
      category: [categoryOf(body.event)],
      type: [failed ? "denied" : "info"],
      action: body.event,
      outcome: failed ? "failure" : "success",
      reason: body.code,
      dataset: "countinghouse.audit",
      module: "countinghouse",
    },
    user: {
      id: body.actor_id,
      target: body.resource?.type === "user" ? { id: body.resource.id } : undefined,
    },
    source: ip == null ? undefined : { ip },
    user_agent: user_agent == null ? undefined : { original: user_agent },
    http: { request: { id: body.origin.request_id } },
    countinghouse: {
      actor_kind: body.actor_kind,
      resource: body.resource,
      details: body.details,
      personal: Object.keys(personal).length === 0 ? undefined : personal,
      chain_hash: chainHash.toString("hex"),
    },
  };
}

function categoryOf(event: string): string {
  if (event.startsWith("authn_") || event.startsWith("session_")) return "authentication";
  return /^(authz|user|privilege|privacy)_/.test(event) ? "iam" : "api";
}

const AUTHENTICATION = { category_uid: 3, class_uid: 3002 };
const API_ACTIVITY = { category_uid: 6, class_uid: 6003 };
const OTHER_ACTIVITY = 99;
const LOGON = 1;

export function toOcsf({ seq, body, values, chainHash }: EntryRecord): object {
  const isAuthentication = categoryOf(body.event) === "authentication";
  const schema = isAuthentication ? AUTHENTICATION : API_ACTIVITY;
  const activity_id = body.event.startsWith("authn_login") ? LOGON : OTHER_ACTIVITY;
  const failed = body.outcome === "refused";
  const { ip, user_agent, ...personal } = values;
  const user = { uid: body.actor_id, type: body.actor_kind };
  const account = body.resource?.type === "user" ? { uid: body.resource.id, type: "user" } : user;
  return {
    ...schema,
    activity_id,
    activity_name: body.event,
    type_uid: schema.class_uid * 100 + activity_id,
    time: Date.parse(body.at),
    severity_id: failed ? 2 : 1,
    status_id: failed ? 2 : 1,
    status_code: body.code,
    metadata: {
      version: "1.3.0",
      product: { name: "Countinghouse", vendor_name: "Countinghouse" },
      uid: String(seq),
      sequence: seq,
      log_name: "audit",
    },
    actor: { user },
    user: isAuthentication ? account : undefined, // the user who should be signed in; the actor has not proved to be them
    api: { operation: body.event, request: { uid: body.origin.request_id } },
    src_endpoint: ip == null ? undefined : { ip },
    http_request: user_agent == null ? undefined : { user_agent },
    resources:
      body.resource === undefined ? undefined : [{ uid: body.resource.id, type: body.resource.type }],
    unmapped: { details: body.details, personal, time: body.at, chain_hash: chainHash.toString("hex") },
  };
}
