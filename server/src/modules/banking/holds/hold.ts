// Who may see a hold, and who may end it. Money on hold for somebody else is that somebody's
// to take or to give back; the payer, who promised it, can only wait for it to expire.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import type { Hold } from "../../ledger/index.ts";

type Owners = ReadonlyMap<number, string>;

/** Either side sees a hold; so does staff. */
export function maySeeHold(actor: Actor, owners: Owners, hold: Hold): boolean {
  if (actsForAll(actor)) return true;
  return owners.get(hold.debitAccountId) === actor.id || owners.get(hold.creditAccountId) === actor.id;
}

/** Staff and the payee capture. */
export function mayCapture(actor: Actor, owners: Owners, hold: Hold): boolean {
  return actsForAll(actor) || owners.get(hold.creditAccountId) === actor.id;
}

/** Staff and the payee release; the payer only where there is no payee, for then the promise is to nobody. */
export function mayRelease(actor: Actor, owners: Owners, hold: Hold): boolean {
  if (mayCapture(actor, owners, hold)) return true;
  return hold.kind === "WITHDRAW" && owners.get(hold.debitAccountId) === actor.id;
}
