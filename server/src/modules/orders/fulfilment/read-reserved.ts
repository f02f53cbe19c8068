// Reads the requests of staff about goods that an order has reserved.
import { readText } from "../../../values/read-input.ts";
import type { MoveInput, WriteOffInput } from "./fulfilment-schemas.ts";
import type { Move, WriteOff } from "./reserved-goods.ts";

/** @throws AppError `invalid/invalid_request` naming the field */
export function readWriteOff({ items, note }: WriteOffInput): WriteOff {
  return {
    items: items.map(({ line, quantity, location_id: locationId, reason }) => ({
      lineNo: line,
      quantity,
      locationId,
      reason,
    })),
    note: readText(note, "note"),
  };
}

/** @throws AppError `invalid/invalid_request` naming the field */
export function readMove({ items, note }: MoveInput): Move {
  return {
    items: items.map(({ line, quantity, from_location_id: locationId, to_location_id: id }, index) => ({
      lineNo: line,
      quantity,
      locationId,
      to: { id, field: `items[${index}].to_location_id` },
    })),
    note: readText(note, "note"),
  };
}
