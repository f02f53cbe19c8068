// Security events on the audit trail, by their names in the OWASP Logging Vocabulary, in the transaction of the act.
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import { type Actor, describeAuditActor } from "../../values/actor.ts";
import { type AuditEntry, type AuditOrigin, appendAudit } from "../audit/index.ts";
import type { Identity } from "./settings.ts";

export type SecurityEvent =
  | "authn_login_success"
  | "authn_login_fail"
  | "authn_login_lock"
  | "authn_password_change"
  | "authn_token_created"
  | "authn_token_revoked"
  | "authn_token_reuse"
  | "authn_token_invalid" // ours: the vocabulary has no name for a token or key that is not good
  | "authz_fail"
  | "authz_change"
  | "authz_admin"
  | "user_created"
  | "user_updated"
  | "session_created"
  | "session_renewed"
  | "session_expired"
  | "excess_rate_limit_exceeded";

/** Who acts, and from where. */
export interface Context {
  readonly actor: Actor;
  readonly origin: AuditOrigin;
}

/** The actor of a person who has not proved who they are: a failed sign-in does not make them the user whose name they gave. */
export const ANONYMOUS = "anonymous";

export interface SecurityRecord {
  readonly event: SecurityEvent;
  /** The actor; the user's id where they have just proved who they are; ANONYMOUS where nobody has. */
  readonly actor: Actor | string;
  readonly origin: AuditOrigin;
  /** The user that the event is about. */
  readonly userId?: string | undefined;
  /** What the event is about, where that is not a user. */
  readonly resource?: AuditEntry["resource"];
  /** The refusal's code; absent: the act succeeded. */
  readonly refused?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Kept as commitments, erasable. */
  readonly personal?: Readonly<Record<string, string>> | undefined;
}

export function recordSecurity(tx: Tx, records: readonly SecurityRecord[]): Promise<unknown> {
  return appendAudit(tx, records.map(toEntry));
}

/** For refusals, whose own transaction was rolled back or never begun. */
export function recordRefusal({ db }: Pick<Identity, "db">, record: SecurityRecord): Promise<unknown> {
  return inTransaction(db, (tx) => recordSecurity(tx, [record]));
}

function toEntry(record: SecurityRecord): AuditEntry {
  const { event, actor, origin, userId, resource, refused, details, personal } = record;
  return {
    event,
    ...(typeof actor === "string"
      ? { actorId: actor, actorKind: actor === ANONYMOUS ? ANONYMOUS : "user" }
      : describeAuditActor(actor)),
    resource: userId === undefined ? resource : { type: "user", id: userId },
    outcome: refused === undefined ? "success" : "refused",
    code: refused,
    origin,
    details,
    personal,
  };
}
