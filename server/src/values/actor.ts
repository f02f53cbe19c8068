// Who acts: always taken from the verified token, never from a body.

export type Role = "admin" | "operator" | "service" | "customer";
export const ROLES: readonly Role[] = ["admin", "operator", "service", "customer"];

export interface Actor {
  /** The token's subject. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

/** The program itself, in its own jobs. */
export const SYSTEM_ACTOR: Actor = { id: "system", name: "system", roles: ["service"] };

/** Staff and programs act on every account; a customer on their own alone. */
export function actsForAll(actor: Actor): boolean {
  return actor.roles.some((role) => role !== "customer");
}

/** What sort of actor it is, in the words of the audit trail. */
export function actorKindOf(actor: Actor): string {
  return actor.id === SYSTEM_ACTOR.id ? "system" : "user";
}

export function isAdmin(actor: Actor): boolean {
  return actor.roles.includes("admin");
}
