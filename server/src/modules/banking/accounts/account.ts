// A customer's account and its JSON document.
import { formatAmount } from "../../../values/money.ts";
import type { AccountState, Asset } from "../../ledger/index.ts";
import type { AccountDocument } from "../answer-schemas.ts";

export interface BankAccount {
  readonly id: number;
  readonly ownerId: string;
  readonly asset: Asset;
  readonly name: string | null;
  readonly holderName: string | null;
  readonly externalNumber: string | null;
  readonly creditLimit: bigint;
  readonly state: AccountState;
  readonly version: number;
  readonly openedAt: Date;
}

export function describeAccount(account: BankAccount): AccountDocument {
  return {
    id: String(account.id),
    owner_id: account.ownerId,
    currency: account.asset.code,
    name: account.name,
    holder_name: account.holderName,
    external_number: account.externalNumber,
    credit_limit: formatAmount(account.creditLimit, account.asset.scale),
    state: account.state,
    version: account.version,
    opened_at: account.openedAt.toISOString(),
  };
}
