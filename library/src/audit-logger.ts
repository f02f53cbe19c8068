// An audit log for a program beside the server, in a file of its own: who did what, in entries that chain. What the server
// does stands on the server's trail; this is for acts of the program's own.
import { resolve } from "node:path";
import type { AuditContent, AuditLogEntry, AuditLogVerdict } from "./audit-entry.ts";
import { appendEntry, awaitWritten, verifyFile } from "./audit-file.ts";

/** What else matters of an act: kept as it is, but for what its name says is secret. */
export type AuditDetails = Readonly<Record<string, unknown>>;

export interface AuditRecord {
  /** "noun.verb", or a word of the OWASP Logging Vocabulary. */
  readonly event: string;
  /** Who acts; default "anonymous". */
  readonly actorId?: string;
  /** Default "success". */
  readonly outcome?: "success" | "refused";
  readonly resource?: { readonly type: string; readonly id: string };
  /** Why it was refused. */
  readonly code?: string;
  readonly details?: AuditDetails;
}

const SECRET = /passw|secret|token|authorization|api_?key|private_?key|cookie|\bpin\b|\bcvv\b/i;
const DEPTH_MAX = 8;

export class AuditLogger {
  readonly #path: string;

  /** @param options.path of the file, made when it is first needed; any number of loggers and processes may share it */
  constructor({ path = "audit.log" }: { readonly path?: string } = {}) {
    this.#path = resolve(path);
  }

  logLoginSuccess(username: string, details?: AuditDetails): Promise<AuditLogEntry> {
    return this.log(about(username, "authn_login_success", details));
  }

  /** Who fails to sign in is not the user whose name they gave: that stands as the resource. */
  logLoginFailure(username: string, reason: string, details?: AuditDetails): Promise<AuditLogEntry> {
    const resource = { type: "user", id: username };
    return this.log({
      event: "authn_login_fail",
      outcome: "refused",
      code: reason,
      resource,
      ...wrap(details),
    });
  }

  logLogout(username: string, details?: AuditDetails): Promise<AuditLogEntry> {
    return this.log(about(username, "session_expired", details));
  }

  logPasswordChange(username: string, details?: AuditDetails): Promise<AuditLogEntry> {
    return this.log(about(username, "authn_password_change", details));
  }

  logTokenCreated(username: string, details?: AuditDetails): Promise<AuditLogEntry> {
    return this.log(about(username, "authn_token_created", details));
  }

  logTokenRefused(reason: string, details?: AuditDetails): Promise<AuditLogEntry> {
    return this.log({ event: "authn_token_invalid", outcome: "refused", code: reason, ...wrap(details) });
  }

  logAccessDenied(username: string, resource: string, details?: AuditDetails): Promise<AuditLogEntry> {
    return this.log({
      ...about(username, "authz_fail", details),
      outcome: "refused",
      resource: { type: "resource", id: resource },
    });
  }

  logTransaction(username: string, transactionId: string, details?: AuditDetails): Promise<AuditLogEntry> {
    const resource = { type: "transaction", id: transactionId };
    return this.log({ ...about(username, "transaction.post", details), resource });
  }

  /** Resolves when the entry is on disk. @throws Error where it cannot be written, or has a form that JSON cannot say */
  async log(record: AuditRecord): Promise<AuditLogEntry> {
    return appendEntry(this.#path, toContent(record));
  }

  /** Reads the whole file, and names the first line that is not as it was written. */
  async verify(): Promise<AuditLogVerdict> {
    await awaitWritten(this.#path);
    return verifyFile(this.#path);
  }
}

function about(username: string, event: string, details: AuditDetails | undefined): AuditRecord {
  return { event, actorId: username, ...wrap(details) };
}

function wrap(details: AuditDetails | undefined): { details?: AuditDetails } {
  return details === undefined ? {} : { details };
}

function toContent(record: AuditRecord): AuditContent {
  const { event, actorId = "anonymous", outcome = "success", resource, code, details } = record;
  return {
    at: new Date().toISOString(),
    event: requireText(event, "event"),
    outcome,
    actor_id: requireText(actorId, "actorId"),
    ...(resource === undefined
      ? {}
      : { resource: { type: resource.type, id: requireText(resource.id, "resource.id") } }),
    ...(code === undefined ? {} : { code: requireText(code, "code") }),
    ...(details === undefined ? {} : { details: hideSecrets(details) as AuditDetails }),
  };
}

function requireText(text: unknown, name: string): string {
  if (typeof text === "string" && text !== "" && text.isWellFormed()) return text;
  throw new Error(`${name} must be text`);
}

/** As JSON would have it, without what is secret by its name. @throws Error where it is too deep, or no JSON */
function hideSecrets(value: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw new Error(`details are at most ${DEPTH_MAX} deep`);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET.test(name) ? "[redacted]" : hideSecrets(inner, depth + 1),
    ]),
  );
}
