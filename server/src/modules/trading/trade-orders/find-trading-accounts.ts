// Finds the two accounts that an order moves: cash in the instrument's currency, units in its asset, both of one owner.
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { actsForAll } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import { findOwnAccounts, findOwners } from "../../banking/index.ts";
import { ledgerError } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import type { Instrument } from "../instruments/instrument.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import type { NewTradeOrder } from "./new-trade-order.ts";

export interface TradingAccounts {
  readonly ownerId: string;
  readonly cashAccountId: number;
  readonly assetAccountId: number;
}

/**
 * The named accounts, or the only ones that the owner has.
 * @throws AppError `not_found/account_not_found`, `refused/trading_account_unfit` naming the field
 */
export async function findTradingAccounts(
  { db }: TradingServices,
  { actor }: TradingCaller,
  { instrument, order }: { instrument: Instrument; order: NewTradeOrder },
): Promise<TradingAccounts> {
  const named = [order.cashAccountId, order.assetAccountId].filter((id) => id !== undefined);
  const { asset, currency } = instrument;
  return inReadTransaction(db, async (tx) => {
    const owners = await findOwners(tx, named);
    for (const id of named) {
      const owner = owners.get(id);
      if (owner === undefined || (!actsForAll(actor) && owner !== actor.id))
        throw ledgerError("account_not_found", { account_id: String(id) });
    }
    const ownerIds = new Set(owners.values());
    if (ownerIds.size > 1) throw unfit("asset_account_id", "must be of the same owner as cash_account_id");
    const [ownerId = actor.id] = ownerIds;
    const own = await findOwnAccounts(tx, ownerId, [asset, currency]);
    const only = (code: string, field: string): number => {
      const [id, ...more] = own.get(code) ?? [];
      if (id === undefined)
        throw unfit(field, `there is no account in ${code}: open one with POST /accounts`);
      if (more.length > 0) throw unfit(field, `there are several accounts in ${code}: name one`);
      return id;
    };
    const cashAccountId = order.cashAccountId ?? only(currency, "cash_account_id");
    const assetAccountId = order.assetAccountId ?? only(asset, "asset_account_id");
    if (own.get(currency)?.includes(cashAccountId) !== true)
      throw unfit("cash_account_id", `must be an account in ${currency}`);
    if (own.get(asset)?.includes(assetAccountId) !== true)
      throw unfit("asset_account_id", `must be an account in ${asset}`);
    return { ownerId, cashAccountId, assetAccountId };
  });
}

function unfit(field: string, reason: string): AppError {
  return tradingError("trading_account_unfit", { fields: [{ field, reason }] });
}
