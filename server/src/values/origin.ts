// Where a command came from, as far as the edge can tell.

export interface Origin {
  readonly requestId: string;
  /** Personal: the audit trail keeps a commitment to it, and the value itself can be erased. */
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}
