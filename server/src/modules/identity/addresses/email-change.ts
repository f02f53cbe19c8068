// A change of a user's address: asked for by whoever is signed in, in force once the new address has confirmed it, and taken
// back by the old one until a week after that.

/** For how long after its confirmation the old address can take a change back, and is nobody else's. */
export const UNDO_MS = 7 * 86_400_000;

export interface EmailChange {
  readonly id: string;
  readonly userId: string;
  /** Encrypted, as the new one. */
  readonly oldEmail: string;
  readonly oldIndex: Buffer;
  /** Whether the old one had been proved by then. */
  readonly oldVerified: boolean;
  readonly newEmail: string;
  readonly newIndex: Buffer;
  readonly createdAt: Date;
}

/** Binds an encrypted address to its change. */
export function contextOfChange(field: "old_email" | "new_email", changeId: string): string {
  return `identity.email_changes.${field}:${changeId}`;
}
