// A passkey: a key pair whose private half stays on the user's device. It signs our challenge together with the origin that
// the browser saw, so that a page elsewhere cannot obtain a signature that is good here.
export interface Passkey {
  readonly id: string;
  readonly userId: string;
  readonly credentialId: Buffer;
  /** COSE. */
  readonly publicKey: Buffer;
  readonly counter: bigint;
  /** The device's maker synchronizes it to several devices. */
  readonly synced: boolean;
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** Its counter went back: there may be a copy, so it no longer proves anything. */
  readonly suspendedAt: Date | null;
}

/** How the passkey was used, in terms of RFC 8176: a hardware or software key, and the device verified its user. */
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
