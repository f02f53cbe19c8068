// Ends holds whose time is past. Whoever touches an account expires its due holds first (open-book.ts); this sweeper
// touches those accounts that nobody else does, through the same desk, so that locks and order are the same.
import type { Sql } from "../../runtime/database.ts";
import { SYSTEM_ACTOR } from "../../values/actor.ts";
import type { Assets, Hold } from "../ledger/index.ts";
import { findAccountsWithDueHolds } from "../ledger/index.ts";
import type { BookCommand, CommandDesk, CountedTransaction, Desk } from "./command-desk.ts";
import { describeHold } from "./hold.ts";

const ACCOUNTS_PER_BATCH_MAX = 200;
/** A run ends here even where more is due; the next one goes on. */
const BATCHES_PER_RUN_MAX = 20;

/**
 * Expires the holds that are due now, in batches. Returns the number of accounts touched.
 * @throws AppError `unavailable` where the desk is full or closed
 */
export async function expireHolds({ db, desk }: { db: Sql; desk: CommandDesk }): Promise<number> {
  let touched = 0;
  for (let batch = 0; batch < BATCHES_PER_RUN_MAX; batch += 1) {
    const accountIds = await findAccountsWithDueHolds(db, ACCOUNTS_PER_BATCH_MAX);
    if (accountIds.length === 0) break;
    await desk.submit(touchAccounts(accountIds));
    touched += accountIds.length;
  }
  return touched;
}

function touchAccounts(accountIds: readonly number[]): BookCommand {
  return {
    actor: SYSTEM_ACTOR,
    scope: { accountIds, stampCount: 1 },
    decide: () => ({ answer: "{}", counted: [] }),
  };
}

/** Tells of the holds that opening the book has expired: an event each, and a CANCELLED transaction for the metric. */
export function tellOfExpired(desk: Pick<Desk, "book" | "assets" | "events">): CountedTransaction[] {
  return [...desk.book.decisions.closedHolds.values()].map((hold) => {
    desk.events.push({ topic: "hold.expired", payload: JSON.stringify(describeExpired(desk, hold)) });
    return { type: hold.kind, status: "CANCELLED" };
  });
}

/** Without reference and metadata, which the hot path does not read; who needs them asks by the id. */
function describeExpired({ book, assets }: Pick<Desk, "book" | "assets">, hold: Hold): object {
  const account = book.accounts.get(hold.debitAccountId);
  if (account === undefined) throw new Error(`the account of hold ${hold.id} is not locked`);
  const fields = { hold, reference: null, metadata: null };
  const { reference, metadata, ...document } = describeHold(assets, account.assetId, fields);
  return document;
}
