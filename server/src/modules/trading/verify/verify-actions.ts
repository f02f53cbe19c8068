// Verifies corporate actions: each moved on the books what it says that it did to an account, and its sums are those of its accounts.
import type { Tx } from "../../../runtime/transaction.ts";
import { type Difference, tellBoth } from "../../../values/difference.ts";
import { findTransfers } from "../../ledger/index.ts";
import { type KeptEntry, selectActionEntries, selectMiscountedAction } from "./verify-actions-store.ts";

export type ActionDifference = Difference<"trade_actions", "accountId" | "journalId">;

const PAGE = 2_000;

/** Locks nothing. */
export async function checkActions(tx: Tx): Promise<ActionDifference | undefined> {
  const miscounted = await selectMiscountedAction(tx);
  if (miscounted !== undefined) {
    const what = `corporate action ${miscounted.id} paid or changed another sum than its accounts say (accounts, smallest units)`;
    return { check: "trade_actions", what, ...tellBoth(miscounted, (told) => told) };
  }
  for (let after = { actionId: 0, accountId: 0 }; ; ) {
    const entries = await selectActionEntries(tx, { ...after, limit: PAGE });
    const ids = entries.flatMap(({ journalId }) => (journalId === null ? [] : [journalId, journalId + 1]));
    const transfers = await findTransfers(tx, ids);
    for (const entry of entries) {
      const { accountId, journalId } = entry;
      const booked =
        journalId === null ? [] : [journalId, journalId + 1].flatMap((id) => transfers.get(id) ?? []);
      const own = booked.filter((transfer) => transfer.journalId === journalId);
      const sides = {
        expected: describeExpected(entry),
        stored: own.map(({ amount, debitAccountId, creditAccountId }) =>
          [amount, debitAccountId === accountId ? "out" : creditAccountId === accountId ? "in" : "paid"].join(
            " ",
          ),
        ),
      };
      if (sides.expected.join() === sides.stored.join()) continue;
      const what = `corporate action ${entry.actionId} did not move on account ${accountId} what it says`;
      const told = tellBoth(sides, (lines) => lines.join(", "));
      return { check: "trade_actions", what, accountId, journalId: journalId ?? undefined, ...told };
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return undefined;
    after = { actionId: last.actionId, accountId: last.accountId };
  }
}

function describeExpected({ unitsBefore, unitsAfter, cash }: KeptEntry): string[] {
  const units = unitsAfter - unitsBefore;
  const moved = units === 0n ? [] : [units > 0n ? `${units} in` : `${-units} out`];
  return cash === 0n ? moved : [...moved, `${cash} paid`];
}
