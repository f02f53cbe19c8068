// The risk rules at the desk: what judging a movement has to have read, the judgement, and what it leaves behind. Counts
// are of this moment: what a command moves counts for those behind it in the same batch.

import type { Desk, RowNeed, RowReader, RowWriter } from "../desk/index.ts";
import type { Asset } from "../ledger/index.ts";
import { countRecentDebits, countRecentHolds } from "../ledger/index.ts";
import { assess, type Finding, type RiskRule, type VelocityWindow, windowsOf } from "./rules.ts";
import { insertFlags, type NewFlag } from "./store.ts";

/** A movement of money as the risk rules see it. */
export interface JudgedMovement {
  readonly accountId: number;
  readonly amount: bigint;
  readonly asset: Asset;
  readonly outgoing: boolean;
}

export interface RiskGuard {
  /** What has to be read before money leaves these accounts, or is held on them: what is held counts like what was paid. */
  readonly needsOf: (accounts: { readonly debitedIds: readonly number[] }) => RowNeed[];
  readonly judge: (desk: Desk, movement: JudgedMovement) => Finding[];
  /** Keeps what was found of a transaction, and tells of it. */
  readonly flag: (desk: Desk, accountId: number, found: Found) => void;
  /** Counts a transfer out of the account, as the next batch will read it. */
  readonly countDebit: (desk: Desk, accountId: number) => void;
  /** Counts a hold placed at stamp `id` (+1) or ended (-1), in the windows that reach back to it. */
  readonly countHold: (desk: Desk, hold: { accountId: number; id: number }, by: 1 | -1) => void;
}

interface Found {
  readonly id: number;
  readonly findings: readonly Finding[];
}

/** Of one account, by the length of the window in seconds. */
type Counts = Map<number, number>;

const FLAGS: RowWriter<NewFlag> = { name: "risk.flags", write: insertFlags };

export function openRiskGuard(rules: readonly RiskRule[]): RiskGuard {
  const windows = windowsOf(rules);
  const debits: RowReader<Counts> = {
    kind: "risk.recent_debits",
    read: (tx, accountIds) => readCounts(accountIds, windows, (query) => countRecentDebits(tx, query)),
  };
  const holds: RowReader<Counts> = {
    kind: "risk.recent_holds",
    read: (tx, accountIds) => readCounts(accountIds, windows, (query) => countRecentHolds(tx, query)),
  };
  return {
    needsOf: ({ debitedIds: ids }) =>
      windows.length === 0 || ids.length === 0
        ? []
        : [
            { reader: debits, ids },
            { reader: holds, ids },
          ],
    judge: (desk, { accountId, amount, asset, outgoing }) => {
      const countIn = (reader: RowReader<Counts>, seconds: number) =>
        desk.rows.of(reader).get(accountId)?.get(seconds) ?? 0;
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
      const counts: Counts = desk.rows.of(debits).get(accountId) ?? new Map();
      for (const seconds of counts.keys()) count(desk, counts, { seconds, by: 1 });
    },
    countHold: (desk, { accountId, id }, by) => {
      const counts: Counts = desk.rows.of(holds).get(accountId) ?? new Map();
      for (const seconds of counts.keys())
        if (id > desk.book.firstStamp - seconds * 1_000_000) count(desk, counts, { seconds, by });
    },
  };
}

async function readCounts(
  accountIds: readonly number[],
  windows: readonly VelocityWindow[],
  read: (query: VelocityWindow & { accountIds: readonly number[] }) => Promise<Map<number, number>>,
): Promise<Map<number, Counts>> {
  const found = await Promise.all(windows.map((window) => read({ accountIds, ...window })));
  return new Map(
    accountIds.map((id) => [
      id,
      new Map(windows.map(({ seconds }, index) => [seconds, found[index]?.get(id) ?? 0])),
    ]),
  );
}

function count(desk: Desk, counts: Counts, { seconds, by }: { seconds: number; by: number }): void {
  const before = counts.get(seconds) ?? 0;
  counts.set(seconds, before + by);
  // An atomic batch that is refused was never paid: it does not count against the next command.
  desk.book.undoLog?.push(() => counts.set(seconds, before));
}

function saveFlags(desk: Desk, accountId: number, { id, findings }: Found): void {
  for (const { rule, reason, blocked } of findings) {
    const takeBack = desk.rows.add(FLAGS, { transactionId: id, accountId, rule, reason, blocked });
    desk.book.undoLog?.push(takeBack);
    const payload = { transaction_id: String(id), account_id: String(accountId), rule, reason, blocked };
    desk.events.push({ topic: "transaction.flagged", payload: JSON.stringify(payload) });
  }
}
