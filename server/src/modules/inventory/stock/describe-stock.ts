// The JSON documents of stock: levels, movements, reservations. Quantities are whole units, times RFC 3339.
import { formatStamp } from "../../../values/time.ts";
import type { FoundReservation, Movement } from "../bookings/find-movements.ts";
import type { ProductStock } from "./find-stock.ts";
import type { StockSums } from "./stock.ts";

export function describeStock(stock: ProductStock) {
  return {
    product_id: stock.productId,
    ...describeSums(stock.total),
    sellable: stock.sellable,
    low_stock_threshold: stock.lowStockThreshold,
    reorder_quantity: stock.reorderQuantity,
    low_since: stock.lowSince?.toISOString() ?? null,
    locations: stock.locations.map(({ locationId, sells, ...sums }) => ({
      location_id: locationId,
      sells,
      ...describeSums(sums),
    })),
    version: stock.version,
  };
}

function describeSums({ onHand, reserved, available, backorderLimit }: StockSums) {
  return { on_hand: onHand, reserved, available, backorder_limit: backorderLimit };
}

export function describeMovement(movement: Movement) {
  return {
    id: String(movement.id),
    created_at: formatStamp(movement.id),
    location_id: movement.locationId,
    type: movement.type,
    quantity: movement.quantity,
    on_hand_after: movement.onHandAfter,
    reason: movement.reason,
    note: movement.note,
    reference: movement.reference,
  };
}

export function describeReservation(hold: FoundReservation) {
  return {
    id: String(hold.id),
    created_at: formatStamp(hold.id),
    location_id: hold.locationId,
    quantity: Number(hold.amount),
    reference: hold.reference,
    expires_at: hold.expiresAt === null ? null : formatStamp(hold.expiresAt),
  };
}
