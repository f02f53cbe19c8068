// Releases a hold: no money moves, and the amount that was set aside becomes available again.
import type { AppError } from "../../../values/app-error.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import { describeHold, type HoldRecord, isRefusal, ledgerError, releaseHold } from "../../ledger/index.ts";
import { needOwners, ownersOf } from "../accounts/account-owners.ts";
import { bankingError } from "../errors.ts";
import type { MoneyCaller, MoneyServices } from "../money-services.ts";
import { withBalances } from "../transactions/judge-movement.ts";
import { getHold } from "./find-holds.ts";
import { mayRelease } from "./hold.ts";
import type { CommandContext } from "./place-hold.ts";

/**
 * Releases a hold that the caller may see, as `buildReleaseHoldCommand` says. The desk's refusals come back as the outcome.
 * @throws AppError `not_found/hold_not_found`, `refused/stock_is_not_money`
 */
export async function releaseBankHold(
  services: MoneyServices,
  caller: MoneyCaller,
  id: number,
): Promise<CommandOutcome> {
  const hold = await getHold(services, caller.actor, id);
  return services.desk.submit(buildReleaseHoldCommand({ ...caller, risk: services.risk }, hold));
}

/**
 * A command that releases one hold, which was read ahead for its accounts. Locks both accounts; works on frozen ones too.
 * Refuses `not_the_payee`, `owned_by_another` (naming `owned_by`) and `hold_not_active` (naming the state: captured, released or expired).
 */
export function buildReleaseHoldCommand(context: CommandContext, known: HoldRecord): BookCommand {
  const { actor, key, origin } = context;
  return {
    event: "hold.release",
    actor,
    key,
    origin,
    scope: {
      accountIds: [known.debitAccountId, known.creditAccountId],
      holdIds: [known.id],
      stampCount: 1,
    },
    needs: needOwners(actor, [known.debitAccountId, known.creditAccountId]),
    decide: (desk) => decide(desk, context, known),
  };
}

function decide(desk: Desk, { actor, risk }: CommandContext, known: HoldRecord): Decision | AppError {
  if (!mayRelease(actor, ownersOf(desk), known)) return bankingError("not_the_payee");
  const hold = releaseHold(desk.book, known.id);
  if (isRefusal(hold)) return ledgerError(hold.refused, hold.details);
  risk.countHold(desk, { accountId: hold.debitAccountId, id: hold.id }, -1);
  const document = JSON.stringify(describeHold(desk.assets, known.assetId, { ...known, hold }));
  desk.events.push({ topic: "hold.released", payload: document });
  return {
    answer: withBalances(desk, actor, { document, accountIds: [hold.debitAccountId] }),
    counted: [{ type: hold.kind, status: "CANCELLED" }],
  };
}
