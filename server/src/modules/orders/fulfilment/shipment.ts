// A shipment: goods that left the house together, and whether they arrived.
import { formatStamp } from "../../../values/time.ts";
import type { ShipmentDocument } from "../answer-schemas.ts";

export interface Tracking {
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly trackingUrl: string | null;
}

export interface ShipmentLine {
  readonly lineNo: number;
  /** The stock hold that it captured; 0 for goods whose stock is not kept. */
  readonly holdId: number;
  readonly stockAccountId: number | null;
  readonly quantity: number;
}

export interface Shipment extends Tracking {
  /** Stamp. */
  readonly id: number;
  readonly orderId: number;
  readonly shippedBy: string;
  /** Stamp. */
  readonly deliveredAt: number | null;
  readonly lines: readonly ShipmentLine[];
}

export function describeShipment(shipment: Shipment): ShipmentDocument {
  const quantities = new Map<number, number>();
  for (const { lineNo, quantity } of shipment.lines)
    quantities.set(lineNo, (quantities.get(lineNo) ?? 0) + quantity);
  return {
    id: String(shipment.id),
    carrier: shipment.carrier,
    tracking_number: shipment.trackingNumber,
    tracking_url: shipment.trackingUrl,
    items: [...quantities].map(([line, quantity]) => ({ line, quantity })),
    shipped_by: shipment.shippedBy,
    shipped_at: formatStamp(shipment.id),
    delivered_at: shipment.deliveredAt === null ? null : formatStamp(shipment.deliveredAt),
  };
}

export function describeShipments(shipments: readonly Shipment[]): ShipmentDocument[] {
  return shipments.map(describeShipment);
}
