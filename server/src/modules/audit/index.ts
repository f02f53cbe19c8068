// The door of the audit module: the trail of who did what, and the proofs that nothing in it changed.
export { appendAudit, createNumberedWriter, type NumberedAppend } from "./append-audit.ts";
export { AUDIT_ENCRYPTED } from "./encrypted-tables.ts";
export type { AuditEntry, AuditOrigin } from "./entry.ts";
export { type Erasure, eraseSubject } from "./erase-subject.ts";
export { AUDIT_ERRORS } from "./errors.ts";
export { exportEntries } from "./export-entries.ts";
export type { LeafContent, TransferSource } from "./extend-transfer-log.ts";
export { ENTRY_FORMATS, type EntryFormat } from "./format-entry.ts";
export { type CheckpointMaker, makeCheckpoints } from "./make-checkpoints.ts";
export { type AuditServices, auditRoutes } from "./routes.ts";
export { type RunningSequencer, runSequencer } from "./run-sequencer.ts";
export { createSentinelSink, type SentinelOptions } from "./send-to-sentinel.ts";
export { createSequencer, type Sequencer } from "./sequence-entries.ts";
export { openSigners, type Signers, type SigningOptions } from "./signing-key.ts";
export type { TrailFinding } from "./verify-chain.ts";
export { type ReceiptTransfer, type ReceiptVerdict, verifyReceipt } from "./verify-receipt.ts";
export { type TrailVerification, verifyTrail } from "./verify-trail.ts";
export { writeReceipt } from "./write-receipt.ts";
