// The door of the audit module: the trail of who did what, and the proofs that nothing in it changed.

export type { LeafContent, TransferSource } from "./checkpoints/extend-transfer-log.ts";
export { type CheckpointMaker, makeCheckpoints } from "./checkpoints/make-checkpoints.ts";
export { openSigners, type Signers, type SigningOptions } from "./checkpoints/signing-key.ts";
export { AUDIT_ENCRYPTED } from "./encrypted-tables.ts";
export { appendAudit, createNumberedWriter, type NumberedAppend } from "./entries/append-audit.ts";
export { toCanonicalJson } from "./entries/canonical-json.ts";
export type { AuditEntry, AuditOrigin } from "./entries/entry.ts";
export { type Erasure, eraseSubject } from "./entries/erase-subject.ts";
export { AUDIT_ERRORS } from "./errors.ts";
export { CHAIN_START, chainHash, hashLeaf } from "./proofs/merkle-hash.ts";
export {
  isVerifierKey,
  type ReceiptTransfer,
  type ReceiptVerdict,
  verifyReceipt,
} from "./proofs/verify-receipt.ts";
export { writeReceipt } from "./proofs/write-receipt.ts";
export { type AuditServices, auditRoutes } from "./routes.ts";
export { type RunningSequencer, runSequencer } from "./sequencer/run-sequencer.ts";
export { createSequencer, type Sequencer } from "./sequencer/sequence-entries.ts";
export { createSentinelSink, type SentinelOptions } from "./sinks/send-to-sentinel.ts";
export type { TrailFinding } from "./verify/verify-chain.ts";
export { type TrailVerification, verifyTrail } from "./verify/verify-trail.ts";
