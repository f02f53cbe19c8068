// Reads which goods are to be shipped, and how.
import { invalidField } from "../../../values/app-error.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readFilledText, readText } from "../../../values/read-input.ts";
import type { ShipInput } from "./fulfilment-schemas.ts";
import type { ShipRequest } from "./ship-order.ts";

/** @throws AppError `invalid/invalid_request` naming the field */
export function readShipping(input: ShipInput): ShipRequest {
  const { items, carrier, tracking_number, tracking_url, ship_anyway: shipsAnyway } = input;
  const read = readAll({
    carrier: () => readName(carrier ?? null, "carrier"),
    trackingNumber: () => readName(tracking_number ?? null, "tracking_number"),
    trackingUrl: () => readText(tracking_url ?? null, "tracking_url"),
    note: () => {
      const note = readFilledText(input.note, "note");
      if (shipsAnyway === true && note === undefined)
        throw invalidField("note", "is required with ship_anyway: say why it is shipped");
      return note;
    },
  });
  return { ...read, items: items?.map(({ line, quantity }) => ({ lineNo: line, quantity })), shipsAnyway };
}
