// A dispute: captured money that a customer's bank wants back. While it is open the money is at risk; if it is lost, it is gone.

export interface Dispute {
  readonly paymentId: number;
  /** The provider's id. */
  readonly reference: string;
  /** Minor units: the disputed money that was still ours. */
  readonly amountMinor: bigint;
  /** As the provider reported it. */
  readonly reportedMinor: bigint;
  readonly state: "open" | "won" | "lost";
  readonly reason: string | null;
  /** Stamps. */
  readonly openedAt: number;
  readonly closedAt: number | null;
}
