// A hold's JSON document, the same wherever a hold is shown: in answers, lists and events.
import { formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import type { Assets } from "../accounts/assets.ts";
import type { Hold, HoldState, TransactionStatus } from "../book/journal.ts";
import { describeOwner } from "../book/owner.ts";

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

/** Amounts are decimal strings, times RFC 3339. */
export function describeHold(assets: Assets, assetId: number, { hold, reference, metadata }: HoldFields) {
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
    owned_by: hold.owner === null ? null : describeOwner(hold.owner),
    expires_at: hold.expiresAt === null ? null : formatStamp(hold.expiresAt),
    closed_at: hold.closedAt === null ? null : formatStamp(hold.closedAt),
    created_at: formatStamp(hold.id),
  };
}
