// Who may see a hold, and who may end it. The payee of a hold may take the money or give it back;
// the payer, who promised it, can only wait for the hold to expire.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import type { Hold } from "../../ledger/index.ts";

type Owners = ReadonlyMap<number, string>;

/** Either side may see a hold; so may staff. */
export function maySeeHold(actor: Actor, owners: Owners, hold: Hold): boolean {
  if (actsForAll(actor)) return true;
  return owners.get(hold.debitAccountId) === actor.id || owners.get(hold.creditAccountId) === actor.id;
}

/** Staff and the payee may capture. */
export function mayCapture(actor: Actor, owners: Owners, hold: Hold): boolean {
  return actsForAll(actor) || owners.get(hold.creditAccountId) === actor.id;
}

/** Staff and the payee may release; the payer only where there is no payee, because then the promise is made to nobody. */
export function mayRelease(actor: Actor, owners: Owners, hold: Hold): boolean {
  if (mayCapture(actor, owners, hold)) return true;
  return hold.kind === "WITHDRAW" && owners.get(hold.debitAccountId) === actor.id;
}
