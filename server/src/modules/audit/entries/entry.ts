// An audit entry as the acting command writes it: who did what, on which resource, from where, with which outcome.
import type { Origin } from "../../../values/origin.ts";

/** Where a command came from. Address and user agent are personal: the entry holds commitments, the values can be erased. */
export type AuditOrigin = Origin;

export interface AuditEntry {
  /** OWASP Logging Vocabulary for security events ("authn_login_fail"); `noun.verb` for business commands ("transaction.post"). */
  readonly event: string;
  readonly actorId: string;
  /** "user", "api_key <id of the key>", "system", "guest", "anonymous"; with impersonation "user as <id>". */
  readonly actorKind: string;
  readonly resource?: { readonly type: string; readonly id: string } | undefined;
  readonly outcome: "success" | "refused";
  /** The refusal's code. */
  readonly code?: string | undefined;
  readonly origin: AuditOrigin;
  /** Other relevant details; no secrets, no personal values. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Personal values by name (e-mail): of the resource where it is a user, else of the actor. Salted commitments, erasable. */
  readonly personal?: Readonly<Record<string, string>> | undefined;
}

type Concerned = Pick<AuditEntry, "resource" | "actorId">;

/** Whose values `personal` holds. The entry alone tells this, so that `verify` knows whose values are missing. */
export function subjectOf({ resource, actorId }: Concerned): string {
  return resource?.type === "user" ? resource.id : actorId;
}

/**
 * Whose address and user agent an entry holds: the actor's. If the actor is not known, those of the user concerned, who may well
 * be the same person and is the only one who can ask for them to be erased.
 */
export function originSubjectOf(entry: Concerned): string {
  return entry.actorId === "anonymous" ? subjectOf(entry) : entry.actorId;
}
