// A change of a user's address: the signed-in user asks for it, it takes effect once the new address has confirmed it, and the
// old address can take it back until a week after that.

/** For how long after the confirmation the old address can take a change back; nobody else can have the address meanwhile. */
export const UNDO_MS = 7 * 86_400_000;

export interface EmailChange {
  readonly id: string;
  readonly userId: string;
  /** Encrypted, like the new one. */
  readonly oldEmail: string;
  readonly oldIndex: Buffer;
  /** Whether the old address had been proved by then. */
  readonly oldVerified: boolean;
  readonly newEmail: string;
  readonly newIndex: Buffer;
  readonly createdAt: Date;
}

/** Binds an encrypted address to its change. */
export function contextOfChange(field: "old_email" | "new_email", changeId: string): string {
  return `identity.email_changes.${field}:${changeId}`;
}
