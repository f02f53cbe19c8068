// Who acts: always read from the verified token or API key, never from a body.

export type Role = "admin" | "operator" | "service" | "customer";
export const ROLES: readonly Role[] = ["admin", "operator", "service", "customer"];

export interface Actor {
  /** The token's subject. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Default: user. */
  readonly kind?: "user" | "api_key" | "system" | "guest";
  /** The API key that the request came with: the part of the key that may be shown. */
  readonly keyId?: string;
  /** The session that the token belongs to. */
  readonly sessionId?: string;
  /** Milliseconds since the epoch when the user last proved who they are. */
  readonly confirmedAtMs?: number;
  /** An API key's permissions, which narrow those of its roles; absent: no narrowing. */
  readonly scopes?: readonly string[];
  /** The administrator who acts as this user, with a reason that is kept on the trail. */
  readonly impersonatorId?: string;
}

/** The program itself, in its own jobs. */
export const SYSTEM_ACTOR: Actor = { id: "system", name: "system", roles: ["service"], kind: "system" };

/** A person without a token, on the few routes open to guests. Having no roles, they get in nowhere else. */
export const GUEST: Actor = { id: "guest", name: "guest", roles: [], kind: "guest" };

/** Staff and programs may act on every account; a customer only on their own. */
export function actsForAll(actor: Actor): boolean {
  return actor.roles.some((role) => role !== "customer");
}

/** Whether these are the roles of a program. Anybody with another role is a person, who makes their own API keys. */
export function isProgram(roles: readonly Role[]): boolean {
  return roles.length > 0 && roles.every((role) => role === "service");
}

export function isAdmin(actor: Actor): boolean {
  return actor.roles.includes("admin");
}

/**
 * How the audit trail names the actor. Under impersonation that is the administrator, with the user they act as:
 * `{ actorId: <administrator>, actorKind: "user as <id>" }`. For an act by an API key, the key is named beside its user:
 * `{ actorId: <user>, actorKind: "api_key <key's id>" }`.
 */
export function describeAuditActor({ kind = "user", id, impersonatorId, keyId }: Actor): {
  actorId: string;
  actorKind: string;
} {
  if (keyId !== undefined) return { actorId: id, actorKind: `${kind} ${keyId}` };
  if (impersonatorId === undefined) return { actorId: id, actorKind: kind };
  return { actorId: impersonatorId, actorKind: `${kind} as ${id}` };
}
