// Releases a hold: nothing moves, and what was set aside is free again.
import type { AppError } from "../../../values/app-error.ts";
import type { BookCommand, Decision, Desk } from "../../desk/command-desk.ts";
import { releaseHold as bookRelease, type HoldRecord, isRefusal, ledgerError } from "../../ledger/index.ts";
import { bankingError } from "../errors.ts";
import { countHold, withBalances } from "../transactions/judge-movement.ts";
import { describeHold, mayRelease } from "./hold.ts";
import type { CommandContext } from "./place-hold.ts";

/**
 * A command that releases one hold, read ahead for its accounts. Locks both accounts; works on frozen ones too.
 * Refuses `not_the_payee` and `hold_not_active` (naming the state: captured, released or expired).
 */
export function releaseHold(context: CommandContext, known: HoldRecord): BookCommand {
  return {
    ...context,
    event: "hold.release",
    scope: {
      accountIds: [known.debitAccountId, known.creditAccountId],
      holdIds: [known.id],
      stampCount: 1,
    },
    decide: (desk) => decide(desk, context, known),
  };
}

function decide(desk: Desk, { actor }: CommandContext, known: HoldRecord): Decision | AppError {
  if (!mayRelease(actor, desk.owners, known)) return bankingError("not_the_payee");
  const hold = bookRelease(desk.book, known.id);
  if (isRefusal(hold)) return ledgerError(hold.refused, hold.details);
  countHold(desk, { accountId: hold.debitAccountId, id: hold.id }, -1);
  const document = JSON.stringify(describeHold(desk.assets, known.assetId, { ...known, hold }));
  desk.events.push({ topic: "hold.released", payload: document });
  return {
    answer: withBalances(desk, actor, { document, accountIds: [hold.debitAccountId] }),
    counted: [{ type: hold.kind, status: "CANCELLED" }],
  };
}
