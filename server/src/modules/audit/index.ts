// The door of the audit module.
export { appendAudit } from "./append-audit.ts";
export type { AuditEntry, AuditOrigin } from "./entry.ts";
