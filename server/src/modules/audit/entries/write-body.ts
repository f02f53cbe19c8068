// The canonical bytes of an audit entry: they are hashed, chained, proven and exported. Personal values are replaced by their
// commitments; the time is PostgreSQL's own text, to the microsecond, so that nothing is rounded between hashing and
// reading back.
import { toCanonicalJson } from "./canonical-json.ts";
import { type AuditEntry, originSubjectOf, subjectOf } from "./entry.ts";
import type { Committer } from "./personal-values.ts";

/** A parsed body. */
export interface EntryBody {
  readonly actor_id: string;
  readonly actor_kind: string;
  readonly at: string;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly event: string;
  /** `ip` and `user_agent` are commitments in hexadecimal. */
  readonly origin: { readonly ip?: string; readonly request_id: string; readonly user_agent?: string };
  readonly outcome: "success" | "refused";
  /** Commitments in hexadecimal, by name. */
  readonly personal?: Readonly<Record<string, string>>;
  readonly resource?: { readonly id: string; readonly type: string };
}

/** `at`: RFC 3339 with microseconds. The members are in the order of RFC 8785. */
export function writeBody(entry: AuditEntry, at: string, committer: Committer): string {
  const { actorId, actorKind, code, details, event, outcome, resource, origin } = entry;
  const quote = JSON.stringify;
  const subjectId = originSubjectOf(entry);
  const commit = (name: string, value: string) =>
    quote(committer.commit({ subjectId, name, value, at }).toString("hex"));
  return [
    `{"actor_id":${quote(actorId)},"actor_kind":${quote(actorKind)},"at":"${at}"`,
    code === undefined ? "" : `,"code":${quote(code)}`,
    details === undefined ? "" : `,"details":${toCanonicalJson(details)}`,
    `,"event":${quote(event)},"origin":{`,
    origin.ip === undefined ? "" : `"ip":${commit("ip", origin.ip)},`,
    `"request_id":${quote(origin.requestId)}`,
    origin.userAgent === undefined ? "" : `,"user_agent":${commit("user_agent", origin.userAgent)}`,
    `},"outcome":"${outcome}"`,
    writePersonal(entry, at, committer),
    resource === undefined ? "" : `,"resource":{"id":${quote(resource.id)},"type":${quote(resource.type)}}`,
    "}",
  ].join("");
}

function writePersonal(entry: AuditEntry, at: string, committer: Committer): string {
  if (entry.personal === undefined) return "";
  const subjectId = subjectOf(entry);
  const commitments = Object.entries(entry.personal).map(([name, value]) => {
    const commitment = committer.commit({ subjectId, name, value, at });
    return [name, commitment.toString("hex")] as const;
  });
  return `,"personal":${toCanonicalJson(Object.fromEntries(commitments))}`;
}
