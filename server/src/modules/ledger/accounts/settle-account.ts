// Makes a moment of an account final before it is read. A batch takes its stamps after locking its accounts and commits them
// later, so for a short while a past moment may still gain a transfer. Waiting once for the account's lock lets all such
// batches finish: every later batch takes stamps after the moment asked for.
import type { Sql } from "../../../runtime/database.ts";
import { invalidField } from "../../../values/app-error.ts";
import { formatStamp } from "../../../values/time.ts";
import { ledgerError } from "../errors.ts";
import { selectClock, waitForAccount } from "./balance-store.ts";

/** Older moments are final without asking: the statement timeout never lets a batch live nearly that long. */
const OPEN_MICROSECONDS = 3_600_000_000;

/**
 * Returns when nothing at or before the stamp `at` can be booked on the account any more. Waits for batches under way
 * (milliseconds); keeps no lock. A system account is never locked, so its last moments may still gain transfers.
 * @throws AppError `not_found/account_not_found`, `invalid/invalid_request` naming `field` where `at` lies in the future
 */
export async function settleAccount(
  db: Sql,
  accountId: number,
  { at, field }: { at: number; field: string },
): Promise<{ system: boolean }> {
  const clock = await selectClock(db, accountId);
  if (clock === undefined) throw ledgerError("account_not_found", { account_id: String(accountId) });
  if (at > clock.now)
    throw invalidField(field, `lies in the future; the server's time is ${formatStamp(clock.now)}`);
  if (!clock.system && clock.now - at < OPEN_MICROSECONDS) await waitForAccount(db, accountId);
  return { system: clock.system };
}
