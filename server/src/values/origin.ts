// Where a command came from, as far as the edge can tell.

export interface Origin {
  readonly requestId: string;
  /** Personal: the audit trail keeps it as a commitment, its value erasable. */
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}
