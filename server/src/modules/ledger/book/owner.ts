// Who owns a journal or hold: only the commands of an order, a payment or a credit note move the money that it has booked, so
// that nothing is undone without their knowledge.
import { type Refusal, refuse } from "../errors.ts";
import type { Owner, OwnerType } from "./journal.ts";

/** Where a journal or hold has an owner, refuses everybody else with `owned_by_another`, naming the owner. */
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
