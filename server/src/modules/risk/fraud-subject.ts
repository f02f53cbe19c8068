// What a fraud check looks for, as blind indexes: e-mail address, network, address and customer of an order, each in its one
// normalized form, so that none of them is stored as plain text.
import { isIP } from "node:net";
import type { Vault } from "../../runtime/vault/vault.ts";
import { mailboxOf, parseEmailAddress } from "../../values/email-address.ts";
import { networkOf } from "../../values/network.ts";
import { type BlockedKind, type FraudAddress, normalizeAddress } from "./fraud-rules.ts";

export interface FraudSubject {
  readonly kind: BlockedKind;
  /** 32 bytes. */
  readonly index: Buffer;
  /** Its first 48 bits, for rows that are read by number. */
  readonly number: number;
}

/** The value in normalized form; undefined where it is not a value of its kind. */
export function normalizeSubject(kind: BlockedKind, value: string | FraudAddress): string | undefined {
  if (kind === "address") {
    const address = typeof value === "string" ? "" : normalizeAddress(value);
    return /[^|]/.test(address) ? address : undefined;
  }
  if (typeof value !== "string" || value.trim() === "") return undefined;
  if (kind === "customer") return value;
  if (kind === "ip") return isIP(value.trim()) === 0 ? undefined : networkOf(value.trim());
  const address = parseEmailAddress(value);
  return address === undefined ? undefined : mailboxOf(address);
}

/** The subject of a value that is already normalized. */
export function subjectOf(
  vault: Pick<Vault, "blindIndex">,
  kind: BlockedKind,
  normalized: string,
): FraudSubject {
  const index = vault.blindIndex(`risk.${kind}:${normalized}`);
  return { kind, index, number: index.readUIntBE(0, 6) };
}
