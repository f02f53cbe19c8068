// An audit entry as whoever acts writes it: who did what, on which resource, from where, with which outcome.

/** Where a command came from. */
export interface AuditOrigin {
  readonly requestId: string;
  /** Personal: kept as a commitment, its value erasable. */
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

export interface AuditEntry {
  /** OWASP Logging Vocabulary for security events ("authn_login_fail"); `noun.verb` for business commands ("transaction.post"). */
  readonly event: string;
  readonly actorId: string;
  /** "user", "api_key", "system"; with impersonation "user as <id>". */
  readonly actorKind: string;
  readonly resource?: { readonly type: string; readonly id: string } | undefined;
  readonly outcome: "success" | "refused";
  /** Code of the refusal. */
  readonly code?: string | undefined;
  readonly origin: AuditOrigin;
  /** What else matters; no secrets, no personal values. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Personal values by name (e-mail, name): kept as salted commitments, erasable. */
  readonly personal?: Readonly<Record<string, string>> | undefined;
}
