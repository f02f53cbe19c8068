// The door of the HTTP kit for the modules' routes.
export { sendAnswer } from "./answer.ts";
export { answerCommand } from "./answer-command.ts";
export { type Caller, readCaller, readFullOrigin, readOrigin } from "./caller.ts";
export { type CommandAnswer, runCommand } from "./command.ts";
export {
  type CommandRecord,
  type CommandRecorder,
  type CommandRequest,
  readCommand,
} from "./command-record.ts";
export { formatCursor, readCursor } from "./cursor.ts";
export type { HttpServer, Routes } from "./http-server.ts";
export { readIdempotencyKey } from "./idempotency.ts";
export { describePage, readPage } from "./page.ts";
export {
  AMOUNT_PATTERN,
  Amount,
  AmountInput,
  Currency,
  Cursor,
  currencyOf,
  Id,
  IdInput,
  idOf,
  Limit,
  momentOf,
  NOT_BLANK,
  nullable,
  PageQuery,
  PastTime,
  Problem,
  pageOf,
  SHOWN,
  shown,
  Time,
} from "./schemas.ts";
export { send } from "./send.ts";
