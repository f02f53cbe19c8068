// The risk rules at the desk: the rows needed to judge a movement, the judgement, and the findings it leaves. Counts are up
// to date: a command's movement counts for the later commands of the same batch.

import type { Desk, RowNeed, RowReader, RowWriter } from "../desk/index.ts";
import type { Asset } from "../ledger/index.ts";
import { selectRecentDebits, selectRecentHolds } from "../ledger/index.ts";
import { assess, type Finding, type RiskRule, widestWindow } from "./rules.ts";
import { insertFlags, type NewFlag } from "./store.ts";

/** A movement of money as the risk rules see it. */
export interface JudgedMovement {
  readonly accountId: number;
  readonly amount: bigint;
  readonly asset: Asset;
  readonly outgoing: boolean;
}

export interface RiskGuard {
  /** The rows to read before money leaves these accounts or is held on them: held money counts like paid money. */
  readonly needsOf: (accounts: { readonly debitedIds: readonly number[] }) => RowNeed[];
  readonly judge: (desk: Desk, movement: JudgedMovement) => Finding[];
  /** Keeps the findings about a transaction, and leaves an event about them. */
  readonly flag: (desk: Desk, accountId: number, found: Found) => void;
  /** Counts a transfer out of the account, so that the count is what the next batch will read. */
  readonly countDebit: (desk: Desk, accountId: number) => void;
  /** Counts a hold placed at stamp `id` (+1) or ended (-1), in every window that includes that stamp. */
  readonly countHold: (desk: Desk, hold: { accountId: number; id: number }, by: 1 | -1) => void;
}

interface Found {
  readonly id: number;
  readonly findings: readonly Finding[];
}

/** Stamps of one account, oldest first. */
type Stamps = number[];

const FLAGS: RowWriter<NewFlag> = { name: "risk.flags", write: insertFlags };

export function openRiskGuard(rules: readonly RiskRule[]): RiskGuard {
  const window = widestWindow(rules);
  const isNone = (lastDebitedAt: number, now: number) => lastDebitedAt < now - window.seconds * 1_000_000;
  const debits: RowReader<Stamps> = {
    kind: "risk.recent_debits",
    read: (tx, accountIds) => selectRecentDebits(tx, { accountIds, ...window }),
    ofAccount: {
      none: [],
      isNone,
      follow: (stamps, booked) => [...stamps, ...booked.debits].slice(-window.countMax),
    },
  };
  const holds: RowReader<Stamps> = {
    kind: "risk.recent_holds",
    read: (tx, accountIds) => selectRecentHolds(tx, { accountIds, ...window }),
    ofAccount: { none: [], isNone, follow: (stamps, booked) => (booked.hasHoldChanged ? undefined : stamps) },
  };
  return {
    needsOf: ({ debitedIds: ids }) =>
      window.seconds === 0 || ids.length === 0
        ? []
        : [
            { reader: debits, ids },
            { reader: holds, ids },
          ],
    judge: (desk, { accountId, amount, asset, outgoing }) => {
      const countIn = (reader: RowReader<Stamps>, seconds: number) =>
        countAfter(desk.rows.of(reader).get(accountId) ?? [], desk.book.firstStamp - seconds * 1_000_000);
      return assess(rules, {
        amount,
        currency: asset.code,
        scale: asset.scale,
        outgoing,
        recentCount: (seconds) => countIn(debits, seconds) + countIn(holds, seconds),
      });
    },
    flag: saveFlags,
    countDebit: (desk, accountId) => {
      const before = desk.rows.of(debits).get(accountId) ?? [];
      setStamps(desk, debits, { accountId, stamps: [...before, desk.book.firstStamp] });
    },
    countHold: (desk, { accountId, id }, by) => {
      const others = (desk.rows.of(holds).get(accountId) ?? []).filter((holdId) => holdId !== id);
      setStamps(desk, holds, { accountId, stamps: by === 1 ? [...others, id] : others });
    },
  };
}

/** Searches from the end, where the newest are. */
function countAfter(stamps: Stamps, since: number): number {
  return stamps.length - 1 - stamps.findLastIndex((stamp) => stamp <= since);
}

function setStamps(
  { rows, book }: Desk,
  reader: RowReader<Stamps>,
  { accountId, stamps }: { accountId: number; stamps: Stamps },
): void {
  const known = rows.of(reader);
  const before = known.get(accountId) ?? [];
  known.set(accountId, stamps);
  // An atomic batch that is refused has paid nothing, so it does not count against the next command.
  book.undoLog?.push(() => known.set(accountId, before));
}

function saveFlags(desk: Desk, accountId: number, { id, findings }: Found): void {
  for (const { rule, reason, blocked } of findings) {
    const takeBack = desk.rows.add(FLAGS, { transactionId: id, accountId, rule, reason, blocked });
    desk.book.undoLog?.push(takeBack);
    const payload = { transaction_id: String(id), account_id: String(accountId), rule, reason, blocked };
    desk.events.push({ topic: "transaction.flagged", payload: JSON.stringify(payload) });
  }
}
