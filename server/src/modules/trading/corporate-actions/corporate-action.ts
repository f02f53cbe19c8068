// What an issuer does to an asset, as staff carries it out: a split either way, another symbol, or a dividend in cash.
import type { Ratio } from "../positions/move-units.ts";

export const ACTION_KINDS = { split: 1, symbol_change: 2, cash_dividend: 3 } as const;
export type ActionKind = keyof typeof ACTION_KINDS;

export interface NewAction {
  readonly kind: ActionKind;
  readonly instrumentId: number;
  /** Of a split. */
  readonly ratio: Ratio | undefined;
  /** Billionths: of a split the price of a new unit, at which fractions are paid; of a dividend what each unit brings. */
  readonly price: bigint | undefined;
  readonly symbol: string | undefined;
  readonly reason: string;
  /** Staff's own name of it: the same sent again is answered with the first one's result. */
  readonly reference: string;
}

export interface CorporateAction {
  /** Stamp. */
  readonly id: number;
  readonly reference: string;
  readonly requestHash: string;
  readonly kind: ActionKind;
  readonly instrumentId: number;
  readonly numerator: bigint | null;
  readonly denominator: bigint | null;
  readonly price: bigint | null;
  readonly oldSymbol: string | null;
  readonly newSymbol: string | null;
  readonly reason: string;
  readonly actorId: string;
  readonly accountCount: number;
  readonly orderCount: number;
  /** Paid to customers, in the currency's smallest unit. */
  readonly cash: bigint;
}

/** What it did to one account. */
export interface ActionEntry {
  readonly actionId: number;
  readonly assetAccountId: number;
  readonly unitsBefore: bigint;
  readonly unitsAfter: bigint;
  readonly cash: bigint;
  readonly journalId: number | null;
}
