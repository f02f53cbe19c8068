// A hold as its customers see it: its document, and who may end it. Money on hold for somebody else is that somebody's
// to take or to give back; the payer, who promised it, can only wait for it to expire.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import type { Assets, Hold, HoldState, TransactionStatus } from "../../ledger/index.ts";
import type { HoldDocument } from "./hold-schemas.ts";

export const STATUS_OF_HOLD: Readonly<Record<HoldState, TransactionStatus>> = {
  active: "PENDING",
  captured: "COMPLETED",
  released: "CANCELLED",
  expired: "CANCELLED",
};

export interface HoldFields {
  readonly hold: Hold;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
}

export function describeHold(
  assets: Assets,
  assetId: number,
  { hold, reference, metadata }: HoldFields,
): HoldDocument {
  const asset = assets.byId(assetId);
  const isToWorld = assets.assetOfSystemAccount(hold.creditAccountId) !== undefined;
  return {
    id: String(hold.id),
    type: hold.kind,
    status: STATUS_OF_HOLD[hold.state],
    state: hold.state,
    account_id: String(hold.debitAccountId),
    to_account_id: isToWorld ? null : String(hold.creditAccountId),
    amount: formatAmount(hold.amount, asset.scale),
    captured: formatAmount(hold.captured, asset.scale),
    currency: asset.code,
    reference,
    metadata: metadata === null ? null : JSON.parse(metadata),
    expires_at: hold.expiresAt === null ? null : formatStamp(hold.expiresAt),
    closed_at: hold.closedAt === null ? null : formatStamp(hold.closedAt),
    created_at: formatStamp(hold.id),
  };
}

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
