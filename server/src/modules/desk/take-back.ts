// Records what a decision leaves beside the book, so that it can be undone together with the book: rows set for the later
// commands of the batch, rows to be written, and events.
import type { NewEvent } from "../jobs/index.ts";
import type { RowReader, RowWriter } from "./batch-rows.ts";
import type { Desk } from "./book-command.ts";

/** Sets a row for the later commands of the batch. */
export function setRow<Row, Id extends number | string = number>(
  desk: Desk,
  reader: RowReader<Row, Id>,
  [id, row]: readonly [Id, Row],
): void {
  const rows = desk.rows.of(reader);
  const before = rows.get(id);
  rows.set(id, row);
  desk.book.undoLog?.push(() => {
    if (before === undefined) rows.delete(id);
    else rows.set(id, before);
  });
}

/** Leaves a row to be written. */
export function leaveRow<Row>(desk: Desk, writer: RowWriter<Row>, row: Row): void {
  const takeBack = desk.rows.add(writer, row);
  desk.book.undoLog?.push(takeBack);
}

/** Leaves an event for the outbox. */
export function tellEvent(desk: Desk, event: NewEvent): void {
  desk.events.push(event);
  desk.book.undoLog?.push(() => void desk.events.pop());
}
