// A passkey: a key pair of which the user's device keeps the private half. It signs our challenge together with the
// origin that the browser saw, so that a page elsewhere can get no signature that is good here.
export interface Passkey {
  readonly id: string;
  readonly userId: string;
  readonly credentialId: Buffer;
  /** COSE. */
  readonly publicKey: Buffer;
  readonly counter: bigint;
  /** Kept on several devices by their maker. */
  readonly synced: boolean;
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** Its counter went back: there may be a copy, so it proves nothing any more. */
  readonly suspendedAt: Date | null;
}

/** How passkeys were used, as RFC 8176 says it: a hardware or software key, and the device asked who holds it. */
export function methodsOf({ synced }: Pick<Passkey, "synced">): readonly string[] {
  return [synced ? "swk" : "hwk", "mfa"];
}

export function describePasskey(passkey: Passkey) {
  return {
    id: passkey.id,
    name: passkey.name,
    synced: passkey.synced,
    suspended: passkey.suspendedAt !== null,
    created_at: passkey.createdAt.toISOString(),
    last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
  };
}
