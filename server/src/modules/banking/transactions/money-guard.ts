// The guard for modules above banking that hold or take a person's money, such as an order paid from a balance: the same risk
// rules, and the same proof for large payments, as for a transfer. `movesMoney` in http/permissions.ts lists what passes it.
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { Desk, RowNeed } from "../../desk/index.ts";
import type { Asset, JournalHeader, TransferRequest } from "../../ledger/index.ts";
import type { Finding, RiskGuard } from "../../risk/index.ts";
import { findBlocked, refuseTransaction } from "./judge-movement.ts";
import { checkProofOfLarge, type StepUpLimits } from "./large-payment.ts";

export interface GuardedPayment {
  readonly actor: Actor;
  readonly asset: Asset;
  /** The movement to judge, and the transaction it is kept as if a rule blocks it. */
  readonly movement: TransferRequest;
  readonly header: JournalHeader;
}

export interface MoneyGuard {
  /** The rows to read before money is held on the account. */
  readonly needsOf: (accountId: number | undefined) => RowNeed[];
  /**
   * Judges a hold that is about to be placed, and places it: it counts and is flagged like an outgoing transaction.
   * Refuses `blocked_by_risk_rule`, to be kept by `keepBlocked`.
   * @throws AppError `forbidden/step_up_required`, `forbidden/large_payment_by_key`
   */
  readonly guard: <Held extends { readonly holdId: number | null }>(
    desk: Desk,
    payment: GuardedPayment,
    hold: () => Held | AppError,
  ) => Held | AppError;
  /** Keeps a blocked payment as FAILED, with its flags. Call it after everything that was booked with it has been taken back. */
  readonly keepBlocked: (desk: Desk, refused: AppError) => AppError;
}

export function createMoneyGuard(risk: RiskGuard, stepUpLimits: StepUpLimits): MoneyGuard {
  const blocked = new WeakMap<AppError, GuardedPayment & { readonly findings: readonly Finding[] }>();
  return {
    needsOf: (accountId) => (accountId === undefined ? [] : risk.needsOf({ debitedIds: [accountId] })),
    guard: (desk, payment, hold) => {
      const { actor, asset, movement } = payment;
      const { debitAccountId: accountId, amount } = movement;
      checkProofOfLarge(stepUpLimits, actor, { amount, asset });
      const findings = risk.judge(desk, { accountId, amount, asset, outgoing: true });
      const refused = findBlocked(findings);
      if (refused !== undefined) {
        blocked.set(refused, { ...payment, findings });
        return refused;
      }
      const held = hold();
      if (held instanceof Error || held.holdId === null) return held;
      risk.flag(desk, accountId, { id: held.holdId, findings });
      risk.countHold(desk, { accountId, id: held.holdId }, 1);
      return held;
    },
    keepBlocked: (desk, refused) => {
      const payment = blocked.get(refused);
      return payment === undefined ? refused : refuseTransaction(desk, risk, { ...payment, error: refused });
    },
  };
}
