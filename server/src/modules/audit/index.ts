// The door of the audit module: the trail of who did what, and the proofs that nothing in it changed.
export { appendAudit, createNumberedWriter, type NumberedWriter } from "./append-audit.ts";
export type { AuditEntry, AuditOrigin } from "./entry.ts";
export { type Erasure, eraseSubject } from "./erase-subject.ts";
export { type RunningSequencer, runSequencer } from "./run-sequencer.ts";
export { createSequencer, type Sequencer } from "./sequence-entries.ts";
