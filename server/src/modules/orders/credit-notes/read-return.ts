// Reads which goods come back, and where they go. A location on the request applies to each item that names none.
import type { Static } from "typebox";
import { invalidField } from "../../../values/app-error.ts";
import { readAll, readEach, readOptionalId, readText } from "../../../values/read-input.ts";
import type { ReturnInput } from "../schemas.ts";
import type { ReturnRequest } from "./return-items.ts";

/** @throws AppError `invalid/…` naming the field */
export function readReturn(input: Static<typeof ReturnInput>): ReturnRequest {
  const { items, refund = true, reason, refund_to_account_id: refundTo } = input;
  const read = readAll({
    items: () =>
      readEach(items, ({ line, quantity }, index) => ({
        ...{ lineNo: line, quantity },
        ...readShelf(input, index),
      })),
    reason: () => readText(reason, "reason"),
    refundTo: () => readOptionalId(refundTo, "refund_to_account_id"),
  });
  return { ...read, refund };
}

interface Shelved {
  readonly items: readonly {
    readonly restock?: boolean | undefined;
    readonly location_id?: number | undefined;
  }[];
  readonly location_id?: number | undefined;
}

/** Where the goods of an item go; without `restock`, nowhere. @throws AppError `invalid/…` naming the field */
export function readShelf(input: Shelved, index: number) {
  const { restock = true, location_id: own } = input.items[index] ?? {};
  const field = own === undefined ? "location_id" : `items[${index}].location_id`;
  if (own !== undefined && !restock)
    throw invalidField(field, "is for goods that are restocked: leave it out, or send restock true");
  const id = own ?? input.location_id;
  return { restock, location: id === undefined ? undefined : { id, field } };
}
