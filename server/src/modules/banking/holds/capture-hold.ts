// Captures a hold: moves the amount set aside, wholly or in part, and frees the rest. Of two captures, or a capture and a
// release, exactly one wins, because both decide under the lock of the payer's account.
import type { AppError } from "../../../values/app-error.ts";
import { readOptionalAmount } from "../../../values/read-input.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import { captureHold, describeHold, type HoldRecord, isRefusal, ledgerError } from "../../ledger/index.ts";
import { needOwners, ownersOf } from "../accounts/account-owners.ts";
import { bankingError } from "../errors.ts";
import type { MoneyCaller, MoneyServices } from "../money-services.ts";
import { withBalances } from "../transactions/judge-movement.ts";
import { getHold } from "./find-holds.ts";
import { mayCapture } from "./hold.ts";
import type { CommandContext } from "./place-hold.ts";

export interface CaptureHoldRequest {
  /** The hold as read ahead: its accounts never change, its state is checked again under the lock. */
  readonly hold: HoldRecord;
  /** Minor units; undefined: everything that is held. */
  readonly amount?: bigint | undefined;
}

/**
 * Captures a hold that the caller may see, as `buildCaptureHoldCommand` says. The desk's refusals come back as the outcome.
 * @param amount as the client sent it; undefined: everything that is held
 * @throws AppError `not_found/hold_not_found`, `refused/stock_is_not_money`, `invalid/…` naming the field
 */
export async function captureBankHold(
  services: MoneyServices,
  caller: MoneyCaller,
  { id, amount: given }: { id: number; amount: string | number | undefined },
): Promise<CommandOutcome> {
  const hold = await getHold(services, caller.actor, id);
  const amount = readOptionalAmount(given, services.assets.byId(hold.assetId), "amount");
  return services.desk.submit(buildCaptureHoldCommand({ ...caller, risk: services.risk }, { hold, amount }));
}

/**
 * A command that captures one hold. Locks both accounts.
 * Refuses `not_the_payee`, `owned_by_another` (naming `owned_by`), `hold_not_active` (naming the state: captured, released or expired), `capture_exceeds_hold`,
 * `account_frozen`, `account_closed`, `amount_overflow`.
 */
export function buildCaptureHoldCommand(context: CommandContext, request: CaptureHoldRequest): BookCommand {
  const { id, debitAccountId, creditAccountId } = request.hold;
  const { actor, key, origin } = context;
  return {
    event: "hold.capture",
    actor,
    key,
    origin,
    scope: { accountIds: [debitAccountId, creditAccountId], holdIds: [id], stampCount: 1 },
    needs: needOwners(actor, [debitAccountId, creditAccountId]),
    decide: (desk) => decide(desk, context, request),
  };
}

function decide(
  desk: Desk,
  { actor, risk }: CommandContext,
  { hold: known, amount }: CaptureHoldRequest,
): Decision | AppError {
  if (!mayCapture(actor, ownersOf(desk), known)) return bankingError("not_the_payee");
  const outcome = captureHold(desk.book, { holdId: known.id, amount });
  if (isRefusal(outcome)) return ledgerError(outcome.refused, outcome.details);
  const { hold } = outcome;
  risk.countHold(desk, { accountId: hold.debitAccountId, id: hold.id }, -1);
  risk.countDebit(desk, hold.debitAccountId);
  const document = JSON.stringify(describeHold(desk.assets, known.assetId, { ...known, hold }));
  desk.events.push({ topic: "hold.captured", payload: document });
  const accountIds = [hold.debitAccountId, hold.creditAccountId];
  return {
    answer: withBalances(desk, actor, { document, accountIds }),
    counted: [{ type: hold.kind, status: "COMPLETED" }],
  };
}
