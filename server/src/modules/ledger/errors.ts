// The ledger's refusals. Codes are a promise to clients and never renamed.
import { type CodeOf, type ErrorEntry, type RefusalDetails, refusalsOf } from "../../values/app-error.ts";

export const LEDGER_ERRORS = {
  account_not_found: {
    kind: "not_found",
    title: "There is no such account.",
    wayOut: "Check the account's id; GET /accounts lists those that you may see.",
  },
  account_frozen: {
    kind: "refused",
    title: "The account is frozen.",
    wayOut: "An administrator can set its state to open.",
  },
  account_closed: {
    kind: "refused",
    title: "The account is closed.",
    wayOut: "Use another account; a closed one stays closed.",
  },
  account_not_empty: {
    kind: "refused",
    title: "An account with a balance or active holds cannot be closed.",
    wayOut: "Move the balance away and release the holds first.",
  },
  account_awaits_money: {
    kind: "refused",
    title: "An account with money on its way in cannot be closed: holds in its favor are active.",
    wayOut: "Capture or release the holds that GET /holds?account_id= lists, or wait until they expire.",
  },
  limit_in_use: {
    kind: "refused",
    title: "The credit limit cannot go below what is already used.",
    wayOut: "Deposit first, or choose a higher limit.",
  },
  insufficient_funds: {
    kind: "refused",
    title: "The account has less available than the amount.",
    wayOut: "Deposit first, lower the amount, or raise the credit limit.",
  },
  asset_mismatch: {
    kind: "refused",
    title: "The accounts, or an account and the amount, have different currencies.",
    wayOut: "Use POST /exchanges to change currency.",
  },
  same_account: {
    kind: "refused",
    title: "A transfer needs two different accounts.",
    wayOut: "Name another account on one side.",
  },
  amount_overflow: {
    kind: "refused",
    title: "The account's totals would exceed the largest number that can be stored exactly.",
    wayOut: "Use another account.",
  },
  unknown_asset: {
    kind: "refused",
    title: "There is no such currency or asset.",
    wayOut: "GET /assets lists them.",
  },
  asset_exists: {
    kind: "conflict",
    title: "There is already an asset of this code.",
    wayOut: "GET /assets/{code} shows it; an asset's kind and scale never change.",
  },
  asset_not_found: {
    kind: "not_found",
    title: "There is no asset of this code.",
    wayOut: "GET /assets lists them.",
  },
  asset_inactive: {
    kind: "refused",
    title: "The asset is not active: no account or order begins in it.",
    wayOut: "Use another one, or have an administrator activate it with POST /assets/{code}/activate.",
  },
  asset_is_needed: {
    kind: "refused",
    title: "Units of stock are counted in this asset, so it stays active.",
    wayOut: "Archive the products that should no longer be sold, or close their locations.",
  },
  hold_not_found: { kind: "not_found", title: "There is no such hold.", wayOut: "Check the hold's id." },
  owned_by_another: {
    kind: "refused",
    title: "This belongs to what `owned_by` names, whose commands alone move it.",
    wayOut:
      "Cancel, ship, return or refund the order, or void or refund the payment: its money and stock follow.",
  },
  hold_not_active: {
    kind: "conflict",
    title: "The hold was already captured, released or has expired.",
    wayOut: "Place a new hold.",
  },
  capture_exceeds_hold: {
    kind: "refused",
    title: "You cannot capture more than is held.",
    wayOut: "Capture at most the held amount.",
  },
  transaction_not_found: {
    kind: "not_found",
    title: "There is no such transaction.",
    wayOut: "Check the transaction's id.",
  },
  already_reversed: {
    kind: "conflict",
    title: "The transaction was already reversed.",
    wayOut: "A transaction is reversed once; its reversal is named in the answer.",
  },
  verification_running: {
    kind: "conflict",
    title: "Another verification of this database is running.",
    wayOut: "Wait until it has ended.",
  },
  not_reversible: {
    kind: "refused",
    title: "Only a completed transaction that is not itself a reversal can be reversed.",
    wayOut: "Release a pending hold instead; post a new transaction to undo a reversal.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const ledgerError = refusalsOf(LEDGER_ERRORS);

/** A refusal decided inside a batch: it is returned, not thrown, because the other items of the batch go on. */
export interface Refusal {
  readonly refused: CodeOf<typeof ledgerError>;
  readonly details: RefusalDetails;
}

export function refuse(code: CodeOf<typeof ledgerError>, details: RefusalDetails = {}): Refusal {
  return { refused: code, details };
}

export function isRefusal(outcome: object): outcome is Refusal {
  return "refused" in outcome;
}
