// Expires holds that are past their time. Any command that touches an account expires its due holds first (open-book.ts); this
// sweeper touches the accounts that no other command does, through the same desk, so that locks and order are the same.
import type { Sql } from "../../runtime/database.ts";
import { SYSTEM_ACTOR } from "../../values/actor.ts";
import { describeHold, ensureAssets, findAccountsWithDueHolds, type Hold } from "../ledger/index.ts";
import type { BookCommand, CountedTransaction, Desk } from "./book-command.ts";
import type { CommandDesk } from "./command-desk.ts";

const ACCOUNTS_PER_BATCH_MAX = 200;
/** A run stops after this many, even if more holds are due; the next run continues. */
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
    await desk.submit(buildTouchCommand(accountIds));
    touched += accountIds.length;
  }
  return touched;
}

/** A command that books nothing: opening the book for it already expires the accounts' due holds. */
export function buildTouchCommand(accountIds: readonly number[]): BookCommand {
  return {
    event: null,
    actor: SYSTEM_ACTOR,
    scope: { accountIds, stampCount: 1 },
    decide: () => ({ answer: "{}", counted: [] }),
  };
}

/** Reports the holds that expired when the book was opened: an event for each, and a CANCELLED transaction for the metric. */
export async function tellOfExpired(
  desk: Pick<Desk, "book" | "assets" | "events">,
): Promise<CountedTransaction[]> {
  const counted: CountedTransaction[] = [];
  for (const hold of desk.book.decisions.closedHolds.values()) {
    const document = await describeExpired(desk, hold);
    desk.events.push({ topic: "hold.expired", payload: JSON.stringify(document) });
    counted.push({ type: hold.kind, status: "CANCELLED" });
  }
  return counted;
}

/** Without reference and metadata, which the hot path does not read; a subscriber that needs them looks them up by id. */
async function describeExpired({ book, assets }: Pick<Desk, "book" | "assets">, hold: Hold): Promise<object> {
  const account = book.accounts.get(hold.debitAccountId);
  if (account === undefined) throw new Error(`the account of hold ${hold.id} is not locked`);
  await ensureAssets(assets, [account]);
  const fields = { hold, reference: null, metadata: null };
  const { reference, metadata, ...document } = describeHold(assets, account.assetId, fields);
  return document;
}
