// Verifies trading: orders against their executions, executions against the ledger's journals, open orders' holds against the
// ledger's, positions against all trades, and that no order waits that the newest quote has reached. Reads one moment, read-only.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import { type Difference, sortByStamp, tellBoth } from "../../../values/difference.ts";
import {
  type Assets,
  type BookedTransfer,
  countActiveHolds,
  countOwnedJournals,
  findActiveHoldIds,
  findHoldsById,
  findTransfers,
  findUnknownJournal,
  loadAssets,
} from "../../ledger/index.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { moneyOf } from "../matching/price.ts";
import { sideOf } from "../trade-orders/trade-order-store.ts";
import { type ActionDifference, checkActions } from "./verify-actions.ts";
import { checkPositions, type PositionDifference } from "./verify-positions.ts";
import { checkCandles, checkTriggers, type QuoteDifference } from "./verify-quotes.ts";
import * as store from "./verify-trading-store.ts";

type CheckName =
  | "trade_orders"
  | "trade_books"
  | "trade_executions"
  | "trade_holds"
  | PositionDifference["check"]
  | ActionDifference["check"]
  | QuoteDifference["check"];
type TradingDifference = Difference<CheckName, "orderId" | "journalId" | "holdId" | "accountId">;
type Found = Promise<TradingDifference | undefined>;

interface Subject {
  readonly tx: Tx;
  readonly assets: Assets;
  readonly since: number;
}

const PAGE = 2_000;
/** Places in a trade's journal: two transfers, and up to two fees. */
const PLACES = [0, 1, 2, 3] as const;

/**
 * Locks nothing. At most one difference of each kind.
 * @param since stamp up to which executions were found to match the ledger; default 0
 */
export async function verifyTrading(
  db: Sql,
  { since = 0 }: { readonly since?: number } = {},
): Promise<TradingDifference[]> {
  const assets = await loadAssets(db);
  return inReadTransaction(db, async (tx) => {
    const found: TradingDifference[] = [];
    for (const check of CHECKS)
      found.push(...[await check({ tx, assets, since })].flatMap((one) => one ?? []));
    return sortByStamp(found, ["orderId", "journalId", "holdId"]);
  });
}

const CHECKS = [
  checkOrders,
  checkExecutions,
  checkJournals,
  checkHolds,
  ({ tx, assets }: Subject) => checkPositions(tx, assets),
  ({ tx }: Subject) => checkActions(tx),
  checkTriggers,
  checkCandles,
  checkBooks,
] as const;

async function checkOrders({ tx }: Subject): Found {
  const found = await store.selectMiscountedOrder(tx);
  if (found === undefined) return undefined;
  const { id: orderId, ...sums } = found;
  const what = `trade order ${orderId} is not filled as its executions say (quantity, money and fees, smallest units)`;
  return { check: "trade_orders", what, orderId, ...tellBoth(sums, (told) => told) };
}

/** Each execution's journal moved cash one way, the asset the other, and the fee. */
async function checkExecutions({ tx, assets, since }: Subject): Found {
  for (let afterId = since; ; ) {
    const executions = await store.selectKeptExecutions(tx, { afterId, limit: PAGE });
    const transfers = await findTransfers(
      tx,
      executions.flatMap(({ journalId }) => PLACES.map((place) => journalId + place)),
    );
    for (const execution of executions) {
      const { orderId, journalId } = execution;
      const booked = PLACES.flatMap((place) => transfers.get(journalId + place) ?? []);
      const own = booked.filter((transfer) => transfer.journalId === journalId);
      const sides = { expected: describeExpected(assets, execution), stored: own.map(describeTransfer) };
      if (sides.expected.join() === sides.stored.join()) continue;
      const what = `journal ${journalId} did not move what the execution of trade order ${orderId} says`;
      const told = tellBoth(sides, (lines) => lines.join(", "));
      return { check: "trade_executions", what, orderId, journalId, ...told };
    }
    if (executions.length < PAGE) return undefined;
    afterId = executions.at(-1)?.id ?? 0;
  }
}

function describeExpected(assets: Assets, execution: store.KeptExecution): string[] {
  if (execution.isInBook) return describeTrade(assets, execution);
  const { cashAccountId: cash, assetAccountId: units, quantity, money, fee } = execution;
  const [asset, currency] = [assets.byCode(execution.asset), assets.byCode(execution.currency)];
  if (asset === undefined || currency === undefined) return [];
  const dealt = assets.systemAccount(asset.id, "dealing");
  const paid = assets.systemAccount(currency.id, "dealing");
  const fees = assets.systemAccount(currency.id, "fees");
  const moved =
    sideOf(execution.side) === "buy"
      ? [`${money} ${cash}>${paid}`, `${quantity} ${dealt}>${units}`]
      : [`${quantity} ${units}>${dealt}`, `${money} ${paid}>${cash}`];
  return fee === 0n ? moved : [...moved, `${fee} ${cash}>${fees}`];
}

/** A trade in a book has two executions, and both must say the same of its journal. */
function describeTrade(assets: Assets, execution: store.KeptExecution): string[] {
  const { other, side, quantity, money, currency } = execution;
  const code = assets.byCode(currency);
  if (other === null || code === undefined || other.quantity !== quantity || other.money !== money) return [];
  const [buyer, seller] = sideOf(side) === "buy" ? [execution, other] : [other, execution];
  const fees = assets.systemAccount(code.id, "fees");
  return [
    `${money} ${buyer.cashAccountId}>${seller.cashAccountId}`,
    `${quantity} ${seller.assetAccountId}>${buyer.assetAccountId}`,
    ...(buyer.fee === 0n ? [] : [`${buyer.fee} ${buyer.cashAccountId}>${fees}`]),
    ...(seller.fee === 0n ? [] : [`${seller.fee} ${seller.cashAccountId}>${fees}`]),
  ];
}

function describeTransfer({ amount, debitAccountId, creditAccountId }: BookedTransfer): string {
  return `${amount} ${debitAccountId}>${creditAccountId}`;
}

/** Every journal of a trade order belongs to an execution: all that trading moved is explained. */
async function checkJournals({ tx, since }: Subject): Found {
  const owned = { since, ownerTypes: ["trade_order"] } as const;
  if ((await countOwnedJournals(tx, owned)) === (await store.countExecutions(tx, since))) return undefined;
  const journalId = await findUnknownJournal(tx, owned, (range) => store.selectNamedJournals(tx, range));
  const what =
    journalId === undefined
      ? "an execution names a journal that is none of a trade order's"
      : `journal ${journalId} moved money or units of a trade order, and no execution knows of it`;
  return { check: "trade_executions", what, journalId };
}

/** Open orders hold what they say, and every hold of trading in the ledger is named by an open order. */
async function checkHolds(subject: Subject): Found {
  const { tx, assets } = subject;
  const orderId = await store.selectUnheldOrder(tx);
  if (orderId !== undefined)
    return { check: "trade_holds", what: `trade order ${orderId} is open and holds nothing`, orderId };
  for (let afterId = 0; ; ) {
    const page = await store.selectOrderHolds(tx, { afterId, limit: PAGE });
    const holds = await findHoldsById(
      tx,
      page.map(({ holdId }) => holdId),
    );
    for (const order of page) {
      const { orderId: heldBy, holdId, held, accountId } = order;
      const hold = holds.get(holdId);
      const isRight =
        hold?.state === "active" &&
        hold.amount - hold.captured === held &&
        hold.debitAccountId === accountId &&
        isEnough(assets, order);
      if (isRight) continue;
      const what = `hold ${holdId} of trade order ${heldBy} is not active, or not of what the order says`;
      return { check: "trade_holds", what, orderId: heldBy, holdId };
    }
    if (page.length < PAGE) return findStrayHold(subject);
    afterId = page.at(-1)?.orderId ?? 0;
  }
}

/** In a book a sale holds just the units that it has left, a purchase at least what these cost. */
function isEnough(assets: Assets, { left, held, isSale, asset, currency }: store.OrderHold): boolean {
  if (left === null) return true;
  if (isSale) return held === left.quantity;
  const { scales } = sidesOf(assets, { asset, currency });
  return held >= moneyOf(left.quantity, left.limitPrice ?? 0n, scales);
}

async function findStrayHold({ tx, assets }: Subject): Found {
  for (const { id } of assets.all()) {
    const creditAccountId = assets.systemAccount(id, "dealing");
    if ((await countActiveHolds(tx, creditAccountId)) === 0) continue;
    for (let afterId = 0; ; ) {
      const ids = await findActiveHoldIds(tx, { creditAccountId, afterId, limit: PAGE });
      const known = await store.selectKnownHolds(tx, ids);
      const holdId = ids.find((each) => !known.has(each));
      if (holdId !== undefined)
        return { check: "trade_holds", what: `hold ${holdId} is for a trade that no open order is`, holdId };
      if (ids.length < PAGE) break;
      afterId = ids.at(-1) ?? 0;
    }
  }
  return undefined;
}

/** In no book an order stands that crosses another one. */
async function checkBooks({ tx }: Subject): Found {
  const crossed = await store.selectCrossedOrder(tx);
  if (crossed === undefined) return undefined;
  const { orderId, otherId } = crossed;
  const what = `trade orders ${orderId} and ${otherId} rest in one book at prices that cross`;
  return { check: "trade_books", what, orderId };
}
