// Reads holds for those who may see them: staff may see all, a customer those from or to an account of theirs. Somebody else's
// hold is answered like one that does not exist.

import type { Sql } from "../../../runtime/database.ts";
import type { Actor } from "../../../values/actor.ts";
import { asHidden } from "../../../values/app-error.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { type Page, toPage } from "../../../values/page.ts";
import {
  type Assets,
  describeHold,
  ensureAssets,
  findHold,
  findHolds as findLedgerHolds,
  type HoldRecord,
  type HoldState,
  ledgerError,
  STATUS_OF_HOLD,
  type TransactionStatus,
} from "../../ledger/index.ts";
import { bankingError } from "../errors.ts";
import { findVisibleAccounts } from "../transactions/find-bank-transactions.ts";
import { maySeeHold } from "./hold.ts";
import { selectOwnersOf } from "./hold-owner-store.ts";
import type { HoldDocument } from "./hold-schemas.ts";

interface HoldReader {
  readonly db: Sql;
  readonly assets: Assets;
}

/** @throws AppError `not_found/hold_not_found`, also for somebody else's hold; `refused/stock_is_not_money` */
export async function getHold({ db, assets }: HoldReader, actor: Actor, id: number): Promise<HoldRecord> {
  const hold = await findHold(db, id);
  if (hold === undefined) throw ledgerError("hold_not_found");
  const owners = await selectOwnersOf(db, [hold.debitAccountId, hold.creditAccountId]);
  if (!maySeeHold(actor, owners, hold)) throw asHidden(ledgerError("hold_not_found"));
  await ensureAssets(assets, [hold]);
  if (isStock(assets, hold) && hold.owner === null) throw bankingError("stock_is_not_money");
  return hold;
}

export type HoldListQuery = PageFilter<{
  accountId: number;
  status: TransactionStatus;
}>;

/**
 * A page of the holds from or to the account, or to all that the actor may see; newest first. Stock reserved for orders is
 * left out, which may leave a page short.
 * @throws AppError `not_found/account_not_found`
 */
export async function findHolds(
  { db, assets }: HoldReader,
  actor: Actor,
  query: HoldListQuery,
): Promise<Page<HoldRecord>> {
  const { status, cursor: beforeId, limit } = query;
  const accountIds = await findVisibleAccounts(db, actor, query.accountId);
  const holds = await findLedgerHolds(db, {
    accountIds,
    states: statesOf(status),
    beforeId,
    limit: limit + 1,
  });
  await ensureAssets(assets, holds);
  const page = toPage(holds, limit, ({ id }) => id);
  return { ...page, items: page.items.filter((hold) => !isStock(assets, hold)) };
}

/** Stock reserved for an order is a hold too, but it belongs to that order alone. */
function isStock(assets: Assets, { assetId }: Pick<HoldRecord, "assetId">): boolean {
  return assets.byId(assetId).kind === "stock";
}

export function describeHoldRecord(assets: Assets, hold: HoldRecord): HoldDocument {
  return describeHold(assets, hold.assetId, { hold, reference: hold.reference, metadata: hold.metadata });
}

function statesOf(status: TransactionStatus | undefined): HoldState[] {
  const states = Object.keys(STATUS_OF_HOLD) as HoldState[];
  return status === undefined ? states : states.filter((state) => STATUS_OF_HOLD[state] === status);
}
