// Whose a journal or hold is: money that an order, a payment or a credit note has booked is moved by its commands alone, so
// that nothing is undone behind them.
import { type Refusal, refuse } from "../errors.ts";
import type { Owner, OwnerType } from "./journal.ts";

/** Refuses `owned_by_another`, naming the owner, whoever is not the owner of what has one. */
export function refuseStranger(owner: Owner | null, asking?: Owner): Refusal | undefined {
  if (owner === null || (owner.type === asking?.type && owner.id === asking.id)) return undefined;
  return refuse("owned_by_another", { owned_by: describeOwner(owner) });
}

export function describeOwner({ type, id }: Owner): { type: OwnerType; id: string } {
  return { type, id: String(id) };
}

export interface OwnerRow {
  owner_type: OwnerType | null;
  owner_id: bigint | null;
}

export function toOwner({ owner_type: type, owner_id: id }: OwnerRow): Owner | null {
  return type === null || id === null ? null : { type, id: Number(id) };
}
