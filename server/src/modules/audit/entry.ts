// An audit entry as whoever acts writes it: who did what, on which resource, from where, with which outcome.
import type { Origin } from "../../values/origin.ts";

/** Where a command came from. Address and user agent are personal: kept as commitments, their values erasable. */
export type AuditOrigin = Origin;

export interface AuditEntry {
  /** OWASP Logging Vocabulary for security events ("authn_login_fail"); `noun.verb` for business commands ("transaction.post"). */
  readonly event: string;
  readonly actorId: string;
  /** "user", "api_key <id of the key>", "system"; with impersonation "user as <id>". */
  readonly actorKind: string;
  readonly resource?: { readonly type: string; readonly id: string } | undefined;
  readonly outcome: "success" | "refused";
  /** Code of the refusal. */
  readonly code?: string | undefined;
  readonly origin: AuditOrigin;
  /** What else matters; no secrets, no personal values. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Personal values by name (e-mail, name): kept as salted commitments, erasable. */
  readonly personal?: Readonly<Record<string, string>> | undefined;
  /** Whose personal values these are; default: the resource where it is a user, else the actor. */
  readonly subjectId?: string | undefined;
}

/** Whose values `personal` holds. The origin's values are always the actor's. */
export function subjectOf({ subjectId, resource, actorId }: AuditEntry): string {
  return subjectId ?? (resource?.type === "user" ? resource.id : actorId);
}
