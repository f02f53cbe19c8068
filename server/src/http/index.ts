// The door of the HTTP kit for the modules' routes.

export { formatCursor, readCursor } from "./cursor.ts";
export { takeForms } from "./forms.ts";
export type { HttpServer, Routes } from "./http-server.ts";
export { describePage, readPage } from "./page.ts";
export { addBytesRoute } from "./routes/add-bytes-route.ts";
export { addCommandRoute } from "./routes/add-command-route.ts";
export { addDeskRoute } from "./routes/add-desk-route.ts";
export { addList } from "./routes/add-list.ts";
export { addRoute } from "./routes/add-route.ts";
export { sendAnswer } from "./routes/answer.ts";
export { type Caller, readCaller, readContext, readFullOrigin, readOrigin } from "./routes/caller.ts";
export { type CommandAnswer, runCommand } from "./routes/command.ts";
export {
  type CommandRecord,
  type CommandRecorder,
  type CommandRequest,
  readCommand,
} from "./routes/command-record.ts";
export { readIdempotencyKey } from "./routes/idempotency.ts";
export { send } from "./routes/send.ts";
export {
  AMOUNT_PATTERN,
  Amount,
  AmountInput,
  Currency,
  Cursor,
  countedPageOf,
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
export type { EventStream } from "./stream/event-door.ts";
