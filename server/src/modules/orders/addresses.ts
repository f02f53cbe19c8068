// Addresses are personal data: encrypted at rest, each bound to its order, and never part of an event.
import type { Vault } from "../../runtime/vault/vault.ts";
import type { EncryptedAddresses } from "./order-write-store.ts";
import type { Address } from "./placing/screen.ts";

export interface OrderAddresses {
  readonly shipping: Address | null;
  readonly billing: Address | null;
}

export function sealAddresses(
  vault: Vault,
  orderId: number,
  { shipping, billing }: OrderAddresses,
): EncryptedAddresses {
  const seal = (address: Address | null, kind: "shipping" | "billing") =>
    address === null ? null : vault.encrypt(JSON.stringify(address), contextOfAddress(orderId, kind));
  return { orderId, shipping: seal(shipping, "shipping"), billing: seal(billing, "billing") };
}

/** @throws VaultError where a value was altered or moved to another order */
export async function openAddresses(
  vault: Vault,
  row: EncryptedAddresses | undefined,
): Promise<OrderAddresses> {
  if (row === undefined) return { shipping: null, billing: null };
  const [shipping, billing] = await vault.decryptAll([
    { value: row.shipping, context: contextOfAddress(row.orderId, "shipping") },
    { value: row.billing, context: contextOfAddress(row.orderId, "billing") },
  ]);
  return { shipping: parse(shipping), billing: parse(billing) };
}

function parse(text: string | null | undefined): Address | null {
  return text == null ? null : JSON.parse(text);
}

/** Binds an address to its order. */
export function contextOfAddress(orderId: number | string, kind: "shipping" | "billing"): string {
  return `orders.addresses.${kind}:${orderId}`;
}
