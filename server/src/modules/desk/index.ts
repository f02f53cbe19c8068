// The door of the desk: commands that are committed in batches, the rows that they ask for, and the order of locks.
export type { BatchRows, RowNeed, RowReader, RowWriter } from "./batch-rows.ts";
export type {
  BookCommand,
  CommandOutcome,
  Commit,
  CountedTransaction,
  Decision,
  Desk,
  Reach,
} from "./book-command.ts";
export { type CommandDesk, type DeskOptions, openCommandDesk } from "./command-desk.ts";
export { buildTouchCommand, expireHolds } from "./expire-holds.ts";
export { rereadFirst, submitRereading } from "./submit-rereading.ts";
export { leaveRow, setRow, tellEvent } from "./take-back.ts";
