// How far a stream has come: the number of the last quote of each instrument, and of the owner's last event. It is the id of
// every event, and comes back as Last-Event-ID: "o12.q1-345.q7-88".
import { invalidField } from "../../../values/app-error.ts";

export interface StreamPosition {
  /** By instrument. */
  readonly quotes: ReadonlyMap<number, number>;
  readonly orders: number | undefined;
}

const PART = /^(?:o(\d{1,15})|q(\d{1,15})-(\d{1,15}))$/;
const PARTS_MAX = 100;

export function formatPosition({ quotes, orders }: StreamPosition): string {
  const parts = [...quotes].map(([id, number]) => `q${id}-${number}`);
  return [...(orders === undefined ? [] : [`o${orders}`]), ...parts].join(".");
}

/** @throws AppError `invalid/invalid_request` naming the field */
export function readPosition(text: string | undefined, field: string): StreamPosition {
  const quotes = new Map<number, number>();
  let orders: number | undefined;
  for (const part of text === undefined || text === "" ? [] : text.split(".", PARTS_MAX)) {
    const [, own, id, number] = PART.exec(part) ?? [];
    if (own !== undefined) orders = Number(own);
    else if (id !== undefined) quotes.set(Number(id), Number(number));
    else
      throw invalidField(
        field,
        "is no id of this stream's events; without it the stream begins with a snapshot",
      );
  }
  return { quotes, orders };
}
